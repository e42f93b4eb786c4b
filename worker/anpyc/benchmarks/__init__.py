"""How data sets become a sequence of tasks: a file for each kind of benchmark that does anything to images or
classes, named by its part of the specification.

``task_sequence`` holds what all of them share, ``arrangement`` the hooks in which they differ."""
