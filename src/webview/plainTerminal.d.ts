/**
 * Raw terminal text as the lines a person would have read.
 *
 * Escape sequences are dropped, never obeyed, so text cannot be rewritten from below; only a carriage return and a
 * backspace move within their own line, as progress bars need.
 */
export declare function plainTerminal(raw: string): string;
