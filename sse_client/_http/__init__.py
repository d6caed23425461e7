"""HTTP rules that hold for every transport: redirects, request bodies, codings, framing, media types."""
