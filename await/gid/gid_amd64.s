#include "textflag.h"

// func id() uintptr
TEXT ·id(SB), NOSPLIT, $0-8
	MOVQ TLS, CX
	MOVQ 0(CX)(TLS*1), AX
	MOVQ AX, ret+0(FP)
	RET

// func fetchRecord(id uintptr)
TEXT ·fetchRecord(SB), NOSPLIT, $0-8
	MOVQ id+0(FP), AX
	PREFETCHT0 0(AX)
	PREFETCHT0 64(AX)
	PREFETCHT0 128(AX)
	PREFETCHT0 192(AX)
	PREFETCHT0 384(AX)
	RET

// func fetchStack(id uintptr)
TEXT ·fetchStack(SB), NOSPLIT, $0-8
	MOVQ id+0(FP), AX
	MOVQ 56(AX), AX
	PREFETCHT0 0(AX)
	PREFETCHT0 64(AX)
	PREFETCHT0 128(AX)
	PREFETCHT0 192(AX)
	PREFETCHT0 256(AX)
	PREFETCHT0 320(AX)
	RET

// func fetch(p unsafe.Pointer)
TEXT ·fetch(SB), NOSPLIT, $0-8
	MOVQ p+0(FP), AX
	PREFETCHT0 0(AX)
	RET

// func word(p uintptr) uintptr
TEXT ·word(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), AX
	MOVQ (AX), AX
	MOVQ AX, ret+8(FP)
	RET

// func locks() uint32
TEXT ·locks(SB), NOSPLIT, $0-4
	MOVQ TLS, CX
	MOVQ 0(CX)(TLS*1), AX
	MOVQ ·offsetOfThread(SB), BX
	MOVQ (AX)(BX*1), AX
	MOVQ ·offsetOfLocks(SB), BX
	MOVL (AX)(BX*1), AX
	MOVL AX, ret+0(FP)
	RET

// func fetchCaptured(closure unsafe.Pointer)
TEXT ·fetchCaptured(SB), NOSPLIT, $0-8
	MOVQ closure+0(FP), AX
	MOVQ 8(AX), BX
	MOVQ 16(AX), CX
	PREFETCHT0 0(BX)
	PREFETCHT0 0(CX)
	RET

// func growStack()
TEXT ·growStack(SB), 0, $5120-0
	RET
