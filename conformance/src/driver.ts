/**
 * What a host implements to be held to the conformance suite: how an app is opened on it, called, and moved through time.
 */

/** The server itself, nobody, or the id of a user. */
export type Actor = 'system' | 'nobody' | (string & {})

export interface Person {
  readonly _id: string
  readonly name: string
  readonly role: string | null
  readonly image: string | null
}

export interface HostDriver {
  readonly name: string
  /** Cases that this host does not pass, by their whole name, each with the reason. A case that passes must not stand here. */
  readonly gaps: Readonly<Record<string, string>>
  /** A new, empty instance of the app in `app.ts`. */
  open(): Promise<Running>
}

export interface Running {
  /** Calls `table.operation` or `table.group.operation`; fails with an error that `errorCode` of noboil/errors reads. */
  call(path: string, args: unknown, as: Actor): Promise<unknown>
  /** The time that programs read, in ms. It stands still between calls of `advance`. */
  now(): number
  /** Moves the clock, also backwards. */
  advance(ms: number): Promise<void>
  /** Resolves when no background work is due. */
  idle(): Promise<void>
  /** Makes the user known. Answers the id by which the host knows them, for hosts that choose it themselves. */
  putUser(user: Person): Promise<string>
  close(): Promise<void>
}
