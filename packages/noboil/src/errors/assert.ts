/** A defect of noboil itself, never of its caller: the message is for the person who mends it. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message)
}

/** A defect of the app's definition (a schema, an option, a relation of limits), found while it is built. */
export class DefinitionError extends Error {
  override readonly name = 'DefinitionError'
}
