/**
 * Callers as the app knows them: what a session says of its user, with the row of the app's own table over it. Rows that were
 * read are kept, and follow every commit.
 */
import { LRUCache } from 'lru-cache'
import type { Change } from '../changes/change.ts'
import type { UserRow } from '../factories/shared/users.ts'
import type { Host } from '../hosts/host.ts'
import { byId, type Program } from '../program/program.ts'
import type { Layout } from '../schema/layout.ts'
import type { User } from '../schema/register.ts'

interface Kept {
  readonly row: UserRow | null
}

export class People {
  readonly #host: Host
  readonly #users: Layout<UserRow>
  readonly #rows: LRUCache<string, Kept>
  /** Moves with every change: a row that was read before it is not kept. */
  #changes = 0

  constructor(host: Host, users: Layout<UserRow>, maxKept: number) {
    this.#host = host
    this.#users = users
    this.#rows = new LRUCache({ max: maxKept })
  }

  /** The user of a session as the app knows them. */
  async complete(user: User): Promise<User> {
    const kept = this.#rows.get(user._id)
    if (kept !== undefined) return this.over(user, kept.row)
    const changes = this.#changes
    const { value: row } = await this.#host.read(() => readUser(this.#users, user._id))
    if (changes === this.#changes) this.#rows.set(user._id, { row })
    return this.over(user, row)
  }

  /** A user, with the row of the app's own table over what a session says: a field that the row lacks is not there. */
  over(user: User, row: object | null): User {
    if (row === null) return user
    const over: Record<string, unknown> = { ...user }
    for (const name of Object.keys(this.#users.columns)) delete over[name]
    return Object.assign(over, row) as unknown as User
  }

  /** Takes in a change of the table. */
  changed({ before, after }: Change): void {
    this.#changes++
    const id = (after ?? before)?.['_id'] as string
    if (this.#rows.has(id)) this.#rows.set(id, { row: after as UserRow | null })
  }
}

function* readUser(users: Layout<UserRow>, id: string): Program<UserRow | null> {
  return yield* byId(users, id)
}
