# The tag of all C++ exceptions, which this compiler's library leaves to others; the value is the
# address of the exception object.
.tagtype __cpp_exception i32
.globl __cpp_exception
__cpp_exception:
