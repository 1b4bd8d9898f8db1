"""Bodies of requests and answers: JSON that clients send, uploads, streams."""
