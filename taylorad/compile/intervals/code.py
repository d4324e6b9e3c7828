"""Parts of functions of Python in machine code: a writer of lines, and functions on NumPy's arrays in LLVM's text."""

from __future__ import annotations

from taylorad.compile.native.code import Code
from taylorad.compile.native.layout import SLOTS

NO_ROWS = -(1 << 63)

SHAPES = """
define internal i1 @same_shape(ptr %x, ptr %y) #2 {{
  %px = getelementptr i8, ptr %x, i64 {rank}
  %rank = load i32, ptr %px
  %py = getelementptr i8, ptr %y, i64 {rank}
  %other = load i32, ptr %py
  %equal = icmp eq i32 %rank, %other
  br i1 %equal, label %axes, label %no
axes:
  %ax = getelementptr i8, ptr %x, i64 {dimensions}
  %dx = load ptr, ptr %ax
  %ay = getelementptr i8, ptr %y, i64 {dimensions}
  %dy = load ptr, ptr %ay
  %n = zext i32 %rank to i64
  br label %head
head:
  %i = phi i64 [ 0, %axes ], [ %next, %body ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %body, label %yes
body:
  %lx = getelementptr i64, ptr %dx, i64 %i
  %ly = getelementptr i64, ptr %dy, i64 %i
  %vx = load i64, ptr %lx
  %vy = load i64, ptr %ly
  %next = add i64 %i, 1
  %fits = icmp eq i64 %vx, %vy
  br i1 %fits, label %head, label %no
yes:
  ret i1 true
no:
  ret i1 false
}}

define internal i64 @elements(ptr %dimensions, i64 %rank) #2 {{
  br label %head
head:
  %i = phi i64 [ 0, %0 ], [ %next, %body ]
  %product = phi i64 [ 1, %0 ], [ %larger, %body ]
  %more = icmp slt i64 %i, %rank
  br i1 %more, label %body, label %done
body:
  %lx = getelementptr i64, ptr %dimensions, i64 %i
  %vx = load i64, ptr %lx
  %larger = mul i64 %product, %vx
  %next = add i64 %i, 1
  br label %head
done:
  ret i64 %product
}}

; how many doubles the rows of an array are apart, {no_rows} if they are not in C order
define internal i64 @row_step(ptr %x) #2 {{
  %px = getelementptr i8, ptr %x, i64 {rank}
  %rank = load i32, ptr %px
  %ax = getelementptr i8, ptr %x, i64 {dimensions}
  %dimensions = load ptr, ptr %ax
  %as = getelementptr i8, ptr %ax, i64 8
  %strides = load ptr, ptr %as
  %n = zext i32 %rank to i64
  %last = sub i64 %n, 1
  br label %head
head:
  %i = phi i64 [ %last, %0 ], [ %next, %fits ]
  %expected = phi i64 [ 8, %0 ], [ %larger, %fits ]
  %more = icmp sgt i64 %i, 0
  br i1 %more, label %body, label %done
body:
  %ld = getelementptr i64, ptr %dimensions, i64 %i
  %length = load i64, ptr %ld
  %ls = getelementptr i64, ptr %strides, i64 %i
  %stride = load i64, ptr %ls
  %equal = icmp eq i64 %stride, %expected
  %one = icmp eq i64 %length, 1
  %good = or i1 %equal, %one
  br i1 %good, label %fits, label %bad
fits:
  %larger = mul i64 %expected, %length
  %next = sub i64 %i, 1
  br label %head
done:
  %first = load i64, ptr %strides
  %part = and i64 %first, 7
  %whole = icmp eq i64 %part, 0
  br i1 %whole, label %found, label %bad
found:
  %step = ashr i64 %first, 3
  ret i64 %step
bad:
  ret i64 {no_rows}
}}
"""

BOUNDED = """
define internal i1 @bounded(ptr %x, i64 %count) #2 {
  br label %head
head:
  %i = phi i64 [ 0, %0 ], [ %next, %body ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %body, label %yes
body:
  %at = getelementptr i64, ptr %x, i64 %i
  %bits = load i64, ptr %at
  %exponent = and i64 %bits, 9218868437227405312
  %good = icmp ne i64 %exponent, 9218868437227405312
  %next = add i64 %i, 1
  br i1 %good, label %head, label %no
yes:
  ret i1 true
no:
  ret i1 false
}
"""


class EntryCode(Code):
    """The code of an entry: arrays and numbers of doubles in, two arrays out."""

    def slot(self, name: str) -> str:
        """An entry of the table of addresses; the last one is float64's description."""
        return self.load("ptr", "%table", 8 * SLOTS.get(name, len(SLOTS)))

    def branch(self, condition: str, yes: str, no: str) -> None:
        """Go on at one of two blocks."""
        self.line(f"br i1 {condition}, label %{yes}, label %{no}")

    def text(self, before: str) -> str:
        """The function, after those it calls."""
        opening = "define ptr @entry(ptr %self, ptr %args, i64 %count, ptr %keywords) #2 {"
        return "\n".join([before, opening, *self.lines, "}", "attributes #2 = { nounwind }", ""])

    def require(self, condition: str) -> None:
        """Leave the matter to the fallback unless a condition holds."""
        self.count += 1
        self.branch(condition, f"go{self.count}", "refuse")
        self.block(f"go{self.count}")
