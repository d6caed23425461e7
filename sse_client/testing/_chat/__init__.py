"""A model's answers, in the formats of OpenAI's endpoints."""
