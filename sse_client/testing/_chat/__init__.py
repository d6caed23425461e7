"""Answers of a model, as the endpoints of OpenAI's API give them."""
