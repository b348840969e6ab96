"""What engines share that have their pictures made by somebody else's service, over HTTP.

One call makes one picture; calls run side by side in a loop of their own, while the generating thread waits,
tells of progress, and can be told to stop at any moment.
"""
