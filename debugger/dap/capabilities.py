"""What this adapter can do. Nothing stands here that isn't so."""

from __future__ import annotations

FILTERS = (
    {"filter": "trap", "label": "Traps", "default": True,
     "description": "Stop where the program trapped"},
    {"filter": "exception", "label": "Uncaught exceptions", "default": True,
     "description": "Stop where a wasm exception was thrown that nothing catches"},
    {"filter": "throw", "label": "Thrown exceptions", "default": False,
     "description": "Stop at every throw, caught or not"},
)

CAPABILITIES: dict[str, object] = {
    "supportsConfigurationDoneRequest": True,
    "supportsFunctionBreakpoints": True,
    "supportsInstructionBreakpoints": True,
    "supportsDataBreakpoints": True,
    "supportsDataBreakpointBytes": True,
    "supportsConditionalBreakpoints": True,
    "supportsHitConditionalBreakpoints": True,
    "supportsLogPoints": True,
    "supportsBreakpointLocationsRequest": True,
    "exceptionBreakpointFilters": list(FILTERS),
    "supportsExceptionInfoRequest": True,
    "supportsStepBack": True,
    "supportsSteppingGranularity": True,
    "supportsGotoTargetsRequest": True,
    "supportsDelayedStackTraceLoading": True,
    "supportsValueFormattingOptions": True,
    "supportsEvaluateForHovers": True,
    "supportsCompletionsRequest": True,
    "completionTriggerCharacters": [":", "$", ".", ">"],
    "supportsSetVariable": True,
    "supportsSetExpression": True,
    "supportsWriteMemoryRequest": True,
    "supportsClipboardContext": True,
    "supportsReadMemoryRequest": True,
    "supportsDisassembleRequest": True,
    "supportsLoadedSourcesRequest": True,
    "supportsModulesRequest": True,
    "supportsRestartRequest": True,
    "supportsTerminateRequest": True,
    "supportsCancelRequest": True,
}
