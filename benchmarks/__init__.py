"""Speed and memory beside the other Python clients: `python -m benchmarks`.

    streams     the bytes that all of them are given
    parsers     parsers without I/O, and how each is driven
    clients     HTTP and chat clients, and how each is driven
    worker      a process that measures one of them
    measure     the processes of a comparison, in turns
    server      the process that streams over loopback
    parts/      one module a comparison: what is compared, and the figures that come of it
    targets     what the figures ought to be
    report      tables, verdicts, JSON

All figures are of one run on one machine, in CPU time of the process that parses; what may be quoted is ratios.
"""
