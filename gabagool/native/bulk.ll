; Work on many bytes at memory speed (see bulk.py and scanning.py).

declare i64 @llvm.ctpop.i64(i64)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)

; out = a xor b, `words` > 0 words of 8 bytes each, none aligned; returns how many bits are set
define i64 @xor(ptr noalias %a, ptr noalias %b, ptr noalias %out, i64 %words) {
entry:
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%next, %loop]
  %sum = phi i64 [0, %entry], [%total, %loop]
  %a_at = getelementptr i64, ptr %a, i64 %i
  %b_at = getelementptr i64, ptr %b, i64 %i
  %out_at = getelementptr i64, ptr %out, i64 %i
  %x = load i64, ptr %a_at, align 1
  %y = load i64, ptr %b_at, align 1
  %z = xor i64 %x, %y
  store i64 %z, ptr %out_at, align 1
  %bits = call i64 @llvm.ctpop.i64(i64 %z)
  %total = add i64 %sum, %bits
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, %words
  br i1 %more, label %loop, label %done
done:
  ret i64 %total
}

; the numbers (u32) of the pages of 512 words in which a and b differ go to `out`; returns how many
define i64 @differing(ptr noalias %a, ptr noalias %b, i64 %pages, ptr noalias %out) {
entry:
  %any = icmp ne i64 %pages, 0
  br i1 %any, label %page, label %done
page:
  %p = phi i64 [0, %entry], [%p_next, %noted]
  %found = phi i64 [0, %entry], [%found_next, %noted]
  %first = shl i64 %p, 9
  br label %word
word:
  %w = phi i64 [0, %page], [%w_next, %word]
  %before = phi i64 [0, %page], [%after, %word]
  %i = add i64 %first, %w
  %a_at = getelementptr i64, ptr %a, i64 %i
  %b_at = getelementptr i64, ptr %b, i64 %i
  %x = load i64, ptr %a_at, align 1
  %y = load i64, ptr %b_at, align 1
  %z = xor i64 %x, %y
  %after = or i64 %before, %z
  %w_next = add i64 %w, 1
  %more_words = icmp ult i64 %w_next, 512
  br i1 %more_words, label %word, label %noted
noted:
  %number = trunc i64 %p to i32
  %place = getelementptr i32, ptr %out, i64 %found
  store i32 %number, ptr %place
  %differs = icmp ne i64 %after, 0
  %one = zext i1 %differs to i64
  %found_next = add i64 %found, %one
  %p_next = add i64 %p, 1
  %more_pages = icmp ult i64 %p_next, %pages
  br i1 %more_pages, label %page, label %done
done:
  %count = phi i64 [0, %entry], [%found_next, %noted]
  ret i64 %count
}

; source[starts[i]:ends[i]] goes to target[addresses[i]:] for i < count (all u32), in order; stops
; at the first that would reach over `size` and returns its number, or count
define i64 @scatter(ptr noalias %source, ptr noalias %starts, ptr noalias %ends,
                    ptr noalias %addresses, i64 %count, ptr noalias %target, i64 %size) {
entry:
  br label %head
head:
  %i = phi i64 [0, %entry], [%next, %copy]
  %more = icmp ult i64 %i, %count
  br i1 %more, label %look, label %done
look:
  %start_at = getelementptr i32, ptr %starts, i64 %i
  %end_at = getelementptr i32, ptr %ends, i64 %i
  %address_at = getelementptr i32, ptr %addresses, i64 %i
  %start32 = load i32, ptr %start_at
  %end32 = load i32, ptr %end_at
  %address32 = load i32, ptr %address_at
  %start = zext i32 %start32 to i64
  %end = zext i32 %end32 to i64
  %address = zext i32 %address32 to i64
  %length = sub i64 %end, %start
  %reach = add i64 %address, %length
  %fits = icmp ule i64 %reach, %size
  br i1 %fits, label %copy, label %done
copy:
  %from = getelementptr i8, ptr %source, i64 %start
  %to = getelementptr i8, ptr %target, i64 %address
  call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %from, i64 %length, i1 false)
  %next = add i64 %i, 1
  br label %head
done:
  ret i64 %i
}

; a LEB128 of at most 35 bits, of which 5 bytes must be there; returns where it ends, 0 if it is longer
define private i64 @leb(ptr %source, i64 %at, ptr %value) {
entry:
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%next, %more]
  %sum = phi i64 [0, %entry], [%total, %more]
  %place = add i64 %at, %i
  %byte_at = getelementptr i8, ptr %source, i64 %place
  %byte = load i8, ptr %byte_at
  %low = and i8 %byte, 127
  %wide = zext i8 %low to i64
  %shift = mul i64 %i, 7
  %part = shl i64 %wide, %shift
  %total = or i64 %sum, %part
  %next = add i64 %i, 1
  %last = icmp sge i8 %byte, 0
  br i1 %last, label %done, label %more
more:
  %again = icmp ult i64 %next, 5
  br i1 %again, label %loop, label %long
done:
  store i64 %total, ptr %value
  %after = add i64 %at, %next
  ret i64 %after
long:
  ret i64 0
}

; the scan_ functions read `count` entries at source[at:end] and stop at one that is not plain, or
; is near the end; `reached` gets where that is, and they return how many they have read

; numbers: u32
define i64 @scan_numbers(ptr noalias %source, i64 %at, i64 %end, i64 %count, ptr noalias %out,
                         ptr noalias %offsets, ptr noalias %reached) {
entry:
  %number = alloca i64
  br label %head
head:
  %i = phi i64 [0, %entry], [%next, %keep]
  %here = phi i64 [%at, %entry], [%after, %keep]
  %enough = add i64 %here, 5
  %there = icmp ule i64 %enough, %end
  %wanted = icmp ult i64 %i, %count
  %go_on = and i1 %there, %wanted
  br i1 %go_on, label %read, label %done
read:
  %after = call i64 @leb(ptr %source, i64 %here, ptr %number)
  %value = load i64, ptr %number
  %short = icmp ne i64 %after, 0
  %small = icmp ult i64 %value, 4294967296
  %plain = and i1 %short, %small
  br i1 %plain, label %keep, label %done
keep:
  %out_at = getelementptr i32, ptr %out, i64 %i
  %offsets_at = getelementptr i32, ptr %offsets, i64 %i
  %value32 = trunc i64 %value to i32
  %here32 = trunc i64 %here to i32
  store i32 %value32, ptr %out_at
  store i32 %here32, ptr %offsets_at
  %next = add i64 %i, 1
  br label %head
done:
  store i64 %here, ptr %reached
  ret i64 %i
}

; code entries: a size, then so many bytes, of which the last is `last`
define i64 @scan_bodies(ptr noalias %source, i64 %at, i64 %end, i64 %count, i64 %last,
                        ptr noalias %starts, ptr noalias %ends, ptr noalias %reached) {
entry:
  %number = alloca i64
  br label %head
head:
  %i = phi i64 [0, %entry], [%next, %keep]
  %here = phi i64 [%at, %entry], [%stop, %keep]
  %enough = add i64 %here, 5
  %there = icmp ule i64 %enough, %end
  %wanted = icmp ult i64 %i, %count
  %go_on = and i1 %there, %wanted
  br i1 %go_on, label %read, label %done
read:
  %start = call i64 @leb(ptr %source, i64 %here, ptr %number)
  %size = load i64, ptr %number
  %short = icmp ne i64 %start, 0
  %some = icmp ne i64 %size, 0
  %plain = and i1 %short, %some
  br i1 %plain, label %measure, label %done
measure:
  %stop = add i64 %start, %size
  %fits = icmp ule i64 %stop, %end
  br i1 %fits, label %look, label %done
look:
  %last_place = sub i64 %stop, 1
  %byte_at = getelementptr i8, ptr %source, i64 %last_place
  %byte = load i8, ptr %byte_at
  %wide = zext i8 %byte to i64
  %ended = icmp eq i64 %wide, %last
  br i1 %ended, label %keep, label %done
keep:
  %start32 = trunc i64 %start to i32
  %stop32 = trunc i64 %stop to i32
  %starts_at = getelementptr i32, ptr %starts, i64 %i
  %ends_at = getelementptr i32, ptr %ends, i64 %i
  store i32 %start32, ptr %starts_at
  store i32 %stop32, ptr %ends_at
  %next = add i64 %i, 1
  br label %head
done:
  store i64 %here, ptr %reached
  ret i64 %i
}

; data segments: the byte 0, the byte `opcode`, an s32, the byte `last`, a size, so many bytes
define i64 @scan_datas(ptr noalias %source, i64 %at, i64 %end, i64 %count, i64 %opcode, i64 %last,
                       ptr noalias %addresses, ptr noalias %starts, ptr noalias %ends,
                       ptr noalias %offsets, ptr noalias %reached) {
entry:
  %number = alloca i64
  %opcode_shifted = shl i64 %opcode, 8
  br label %head
head:
  %i = phi i64 [0, %entry], [%next, %keep]
  %here = phi i64 [%at, %entry], [%stop, %keep]
  %enough = add i64 %here, 13
  %there = icmp ule i64 %enough, %end
  %wanted = icmp ult i64 %i, %count
  %go_on = and i1 %there, %wanted
  br i1 %go_on, label %kind, label %done
kind:
  %kind_at = getelementptr i8, ptr %source, i64 %here
  %kind16 = load i16, ptr %kind_at, align 1
  %kind64 = zext i16 %kind16 to i64
  %known = icmp eq i64 %kind64, %opcode_shifted
  br i1 %known, label %place, label %done
place:
  %number_at = add i64 %here, 2
  %after = call i64 @leb(ptr %source, i64 %number_at, ptr %number)
  %raw = load i64, ptr %number
  %short = icmp ne i64 %after, 0
  br i1 %short, label %extend, label %done
extend:
  %length = sub i64 %after, %number_at
  %width = mul i64 %length, 7
  %room = sub i64 64, %width
  %high = shl i64 %raw, %room
  %address = ashr i64 %high, %room
  %address32 = trunc i64 %address to i32
  %back = sext i32 %address32 to i64
  %is32 = icmp eq i64 %address, %back
  %byte_at = getelementptr i8, ptr %source, i64 %after
  %byte = load i8, ptr %byte_at
  %wide = zext i8 %byte to i64
  %closed = icmp eq i64 %wide, %last
  %plain = and i1 %is32, %closed
  br i1 %plain, label %read, label %done
read:
  %size_at = add i64 %after, 1
  %start = call i64 @leb(ptr %source, i64 %size_at, ptr %number)
  %size = load i64, ptr %number
  %short_size = icmp ne i64 %start, 0
  br i1 %short_size, label %measure, label %done
measure:
  %stop = add i64 %start, %size
  %fits = icmp ule i64 %stop, %end
  br i1 %fits, label %keep, label %done
keep:
  %start32 = trunc i64 %start to i32
  %stop32 = trunc i64 %stop to i32
  %here32 = trunc i64 %here to i32
  %addresses_at = getelementptr i32, ptr %addresses, i64 %i
  %starts_at = getelementptr i32, ptr %starts, i64 %i
  %ends_at = getelementptr i32, ptr %ends, i64 %i
  %offsets_at = getelementptr i32, ptr %offsets, i64 %i
  store i32 %address32, ptr %addresses_at
  store i32 %start32, ptr %starts_at
  store i32 %stop32, ptr %ends_at
  store i32 %here32, ptr %offsets_at
  %next = add i64 %i, 1
  br label %head
done:
  store i64 %here, ptr %reached
  ret i64 %i
}
