/** What the host answers a syscall with when it refuses: the numbers of SpacetimeDB's ABI. */

export const ABI_ERRORS = {
  NotInTransaction: [2, 'ABI call can only be made while in a transaction'],
  BsatnDecodeError: [3, "Couldn't decode the BSATN to the expected type"],
  NoSuchTable: [4, 'No such table'],
  NoSuchIndex: [5, 'No such index'],
  NoSuchIter: [6, 'The provided row iterator is not valid'],
  NoSuchConsoleTimer: [7, 'The provided console timer is not valid'],
  WrongIndexAlgo: [10, 'The index does not support range scans'],
  UniqueAlreadyExists: [12, 'Value with given unique identifier already exists'],
  IndexNotUnique: [14, 'The index was not unique'],
  NoSuchRow: [15, 'The row was not found, e.g., in an update call'],
  AutoIncOverflow: [16, 'The auto-increment sequence overflowed'],
  WouldBlockTransaction: [17, 'Attempted async or blocking op while holding open a transaction'],
  TransactionNotAnonymous: [18, 'Not in an anonymous transaction'],
  TransactionIsReadOnly: [19, 'ABI call can only be made while within a mutable transaction'],
  HttpError: [21, 'The HTTP request failed'],
} as const

export type AbiErrorName = keyof typeof ABI_ERRORS

/** Thrown by the host's side of a syscall; the module sees the class that its bindings have for the code. */
export class AbiError extends Error {
  override readonly name = 'AbiError'
  readonly code: number

  constructor(name: AbiErrorName, detail?: string) {
    const [code, message] = ABI_ERRORS[name]
    super(detail === undefined ? message : `${message}: ${detail}`)
    this.code = code
  }
}
