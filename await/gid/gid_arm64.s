#include "textflag.h"

// func id() uintptr
TEXT ·id(SB), NOSPLIT, $0-8
	MOVD g, R0
	MOVD R0, ret+0(FP)
	RET

// func fetchRecord(id uintptr)
TEXT ·fetchRecord(SB), NOSPLIT, $0-8
	MOVD id+0(FP), R0
	PRFM 0(R0), PLDL1KEEP
	PRFM 64(R0), PLDL1KEEP
	PRFM 128(R0), PLDL1KEEP
	PRFM 192(R0), PLDL1KEEP
	PRFM 384(R0), PLDL1KEEP
	RET

// func fetchStack(id uintptr)
TEXT ·fetchStack(SB), NOSPLIT, $0-8
	MOVD id+0(FP), R0
	MOVD 56(R0), R0
	PRFM 0(R0), PLDL1KEEP
	PRFM 64(R0), PLDL1KEEP
	PRFM 128(R0), PLDL1KEEP
	PRFM 192(R0), PLDL1KEEP
	PRFM 256(R0), PLDL1KEEP
	PRFM 320(R0), PLDL1KEEP
	RET

// func fetch(p unsafe.Pointer)
TEXT ·fetch(SB), NOSPLIT, $0-8
	MOVD p+0(FP), R0
	PRFM 0(R0), PLDL1KEEP
	RET

// func word(p uintptr) uintptr
TEXT ·word(SB), NOSPLIT, $0-16
	MOVD p+0(FP), R0
	MOVD (R0), R0
	MOVD R0, ret+8(FP)
	RET

// func locks() uint32
TEXT ·locks(SB), NOSPLIT, $0-4
	MOVD ·offsetOfThread(SB), R1
	MOVD (g)(R1), R0
	MOVD ·offsetOfLocks(SB), R1
	MOVWU (R0)(R1), R0
	MOVW R0, ret+0(FP)
	RET

// func fetchCaptured(closure unsafe.Pointer)
TEXT ·fetchCaptured(SB), NOSPLIT, $0-8
	MOVD closure+0(FP), R0
	MOVD 8(R0), R1
	MOVD 16(R0), R2
	PRFM 0(R1), PLDL1KEEP
	PRFM 0(R2), PLDL1KEEP
	RET

// func growStack()
TEXT ·growStack(SB), 0, $5120-0
	RET
