/**
 * Keeps noboil's `users` table in step with the accounts: whatever has happened to an account, what is told is what the accounts
 * file says now, one telling of an account after the other. So the last one told is the last one written, and an account whose
 * telling failed is told again when its session is next verified.
 */
import { LRUCache } from 'lru-cache'
import type { User } from '../../../schema/register.ts'
import type { AuthListener } from '../port.ts'

export class Follower {
  /** The account as it is now; undefined: there is none. */
  readonly #read: (userId: string) => User | undefined
  /** As far as this process knows, what the table has. */
  readonly #told = new LRUCache<string, User>({ max: 100_000 })
  readonly #telling = new Map<string, Promise<void>>()
  listener: AuthListener | undefined

  constructor(read: (userId: string) => User | undefined) {
    this.#read = read
  }

  /** Resolves once the table has the account as it is now. */
  follow(userId: string): Promise<void> {
    return this.#inTurn(userId, () => this.#put(userId))
  }

  /** First the table's row, then the account: what fails can be done again, and nothing brings the row back in between. */
  remove(userId: string, removeAccount: () => Promise<void>): Promise<void> {
    return this.#inTurn(userId, async () => {
      this.#told.delete(userId)
      await this.listener?.changed({ type: 'removed', userId })
      await removeAccount()
    })
  }

  /** As far as it is known here, the table has the account as it is. */
  isTold(user: User): boolean {
    const told = this.#told.get(user._id)
    return told !== undefined && isSame(told, user)
  }

  /** Sessions of the user are verified anew. */
  drop(userId: string): void {
    this.listener?.dropped({ user: userId })
  }

  #inTurn(userId: string, tell: () => Promise<void>): Promise<void> {
    const before = this.#telling.get(userId) ?? Promise.resolve()
    const telling = before.catch(() => {}).then(tell)
    this.#telling.set(userId, telling)
    const end = (): void => {
      if (this.#telling.get(userId) === telling) this.#telling.delete(userId)
    }
    telling.then(end, end)
    return telling
  }

  async #put(userId: string): Promise<void> {
    const user = this.#read(userId)
    if (this.listener === undefined || user === undefined) return
    const told = this.#told.get(userId)
    if (told !== undefined && isSame(told, user)) return
    // Another process may have changed the role: its sessions are dropped here too.
    if (told !== undefined && told.role !== user.role) this.drop(userId)
    this.#told.delete(userId)
    await this.listener.changed({ type: 'put', user })
    this.#told.set(userId, user)
  }
}

const isSame = (a: User, b: User): boolean =>
  a.name === b.name && a.image === b.image && a.role === b.role
