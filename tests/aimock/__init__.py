"""aimock, a server that others wrote to test clients of OpenAI's API with: installed once, started, and stopped."""
