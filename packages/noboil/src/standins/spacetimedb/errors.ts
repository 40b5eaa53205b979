/** How a call into a module fails. */

/**
 * - `sender`: the module threw a `SenderError`; the message is the caller's to read.
 * - `fatal`: the module threw anything else; a client is told of a fatal error and nothing more.
 * - `refused`: the host refused the call before the module saw it: no such function, arguments that are not its
 *   parameters, a function that clients may not call, a connection that is gone.
 */
export type CallFailure = 'sender' | 'fatal' | 'refused'

/** Whatever it was, the transaction it happened in left nothing behind. */
export class ModuleCallError extends Error {
  override readonly name = 'ModuleCallError'
  readonly kind: CallFailure

  constructor(kind: CallFailure, message: string, cause?: unknown) {
    super(message, { cause })
    this.kind = kind
  }
}
