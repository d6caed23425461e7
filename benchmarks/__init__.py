"""Speed and memory beside the other Python clients: `python -m benchmarks`.

What all of them are given:

    streams      the bytes, as events
    bodies       the same as HTTP bodies: framed, compressed, or stamped with the time of their writing
    server       the process that streams them over loopback

Who is driven, and how:

    parsers      parsers without I/O
    clients      blocking HTTP clients
    aio_clients  those for asyncio
    chats        chat clients
    shorts       short chats over a pool
    footprints   what reading streams leaves behind, or holds

How it is measured, and told:

    worker       a process that measures one of them, round after round
    measure      the processes of a comparison, in turns
    probe        a process that answers one question
    machine      cores, files, memory
    parts/       one module a comparison: what is compared, and the figures that come of it
    targets      what the figures ought to be
    report, rows tables, verdicts, JSON
    plot, drawing    a JSON file to plots: `python -m benchmarks.plot`
    publish      a JSON file to docs/benchmarks.md: `python -m benchmarks.publish`

All figures are of one run on one machine; what may be quoted is ratios.
"""
