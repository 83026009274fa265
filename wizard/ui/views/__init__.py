"""One pure function per kind of result: a value in, something rich can print out.

All of them fit 80 columns, say the answer first and the next command last, and are read without colour: a sign
and a word carry every verdict, colour only repeats it.
"""
