"""What the chat API and the Responses API share: requests, retries, replies, errors, and texts."""
