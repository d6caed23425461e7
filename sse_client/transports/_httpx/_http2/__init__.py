"""HTTP/2 below httpcore: opening, reading and leaving a stream without disturbing the others on its connection."""
