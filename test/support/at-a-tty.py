"""Runs a command at a terminal of its own and types answers: python3 at-a-tty.py '{"command": [...], "answers": [[wait for, type], ...]}'.

Prints what the terminal showed, and ends with the command's exit code. Ends the command when its own standard input closes.
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios

asked = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
    os.execvp(asked["command"][0], asked["command"])

shown = b""
read_to = 0
answers = asked["answers"]
while True:
    ready, _, _ = select.select([terminal, 0], [], [])
    if 0 in ready and not os.read(0, 1):
        os.kill(pid, 9)
    if terminal in ready:
        try:
            some = os.read(terminal, 65536)
        except OSError:
            break
        if not some:
            break
        shown += some
    if answers:
        wanted, typed = answers[0]
        found = shown.find(wanted.encode(), read_to)
        if found >= 0:
            read_to = found + len(wanted.encode())
            os.write(terminal, typed.encode())
            answers.pop(0)

_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(status))
