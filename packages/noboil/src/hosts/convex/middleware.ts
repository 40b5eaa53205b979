/**
 * Code of the app around every function: logging, tracing, a switch for maintenance.
 */
import type { FunctionKind } from '../../schema/reference.ts'

export interface MiddlewareCall {
  /** Convex's own context. */
  readonly ctx: unknown
  /** `table.operation`. */
  readonly path: string
  readonly kind: FunctionKind
  /** As they were sent: not validated yet. */
  readonly args: unknown
}

/** Runs around a call; it may refuse by throwing, and what `next` answers is the call's answer. */
export type Middleware = (call: MiddlewareCall, next: () => Promise<unknown>) => Promise<unknown>

/** The first of the list is outermost. */
export function through(
  middleware: readonly Middleware[],
  call: MiddlewareCall,
  run: () => Promise<unknown>,
): Promise<unknown> {
  const [first, ...rest] = middleware
  return first === undefined ? run() : first(call, () => through(rest, call, run))
}
