/** A refusal, as the model makes it. */
export class Refused extends Error {
  readonly code: string
  readonly data: unknown

  constructor(code: string, data?: unknown) {
    super(code)
    this.code = code
    this.data = data
  }
}
