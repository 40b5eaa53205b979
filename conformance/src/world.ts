/**
 * One opened app with its people, as cases see it: calls by name, refusals by code.
 */
import { errorData } from 'noboil/errors'
import type { Actor, Running } from './driver.ts'
import { type Upstream, upstream } from './upstream.ts'

/** A row of any table: cases look into it by name. */
export interface AnyRow {
  readonly _id: string
  readonly updatedAt: number
  readonly [field: string]: unknown
}

export interface Page {
  readonly page: readonly AnyRow[]
  readonly continueCursor: string
  readonly isDone: boolean
}

export interface Refusal {
  readonly code: string
  readonly data: unknown
}

/** The people of every app. `ann` owns, `bob` is a member where there are any, `eve` is anybody else. */
export const names = ['ann', 'bob', 'eve', 'admin', 'editor'] as const
export type Name = (typeof names)[number]
/** Who calls, by name. */
export type Who = Name | 'nobody' | 'system'

const roles: Readonly<Partial<Record<Name, string>>> = { admin: 'admin', editor: 'editor' }

export class World {
  readonly host: Running
  readonly ids: Readonly<Record<Name, string>>

  constructor(host: Running, ids: Readonly<Record<Name, string>>) {
    this.host = host
    this.ids = ids
  }

  /** What the app's base tables fetch from; a new case finds it as it was made. */
  get upstream(): Upstream {
    return upstream
  }

  get now(): number {
    return this.host.now()
  }

  /** What the function answers. Its shape is the caller's claim, which the case then checks. */
  async call<result = AnyRow>(path: string, args: unknown, who: Who): Promise<result> {
    return (await this.host.call(path, args, this.actor(who))) as result
  }

  /** The refusal that the call ends with; a call that succeeds is a failure of the case. */
  async refusal(path: string, args: unknown, who: Who): Promise<Refusal> {
    let answer: unknown
    try {
      answer = await this.host.call(path, args, this.actor(who))
    } catch (error) {
      return refusalOf(error)
    }
    throw new Error(`${path} by ${who} succeeded with ${JSON.stringify(answer)}`)
  }

  /** The code of {@link refusal}. */
  async code(path: string, args: unknown, who: Who): Promise<string> {
    return (await this.refusal(path, args, who)).code
  }

  actor(who: Who): Actor {
    return who === 'nobody' || who === 'system' ? who : this.ids[who]
  }

  advance(ms: number): Promise<void> {
    return this.host.advance(ms)
  }
}

export async function enter(host: Running): Promise<World> {
  const ids: Partial<Record<Name, string>> = {}
  for (const name of names) {
    ids[name] = await host.putUser({
      _id: `users.${name}`,
      name: `${name} the ${roles[name] ?? 'user'}`,
      role: roles[name] ?? null,
      image: name === 'ann' ? 'https://example.org/ann.png' : null,
    })
  }
  const world = new World(host, ids as Record<Name, string>)
  world.upstream.reset()
  return world
}

/** Errors that are not noboil's are defects of the app: they count as `INTERNAL`, whatever carries them. */
export function refusalOf(error: unknown): Refusal {
  const found = errorData(error)
  return { code: found?.code ?? 'INTERNAL', data: found?.data }
}

export const firstPage = (numItems = 100): { numItems: number; cursor: string | null } => ({
  numItems,
  cursor: null,
})

/** All pages of a list, `numItems` rows at a time. */
export async function allPages(
  world: World,
  path: string,
  args: object,
  who: Who,
  numItems = 2,
): Promise<AnyRow[]> {
  const rows: AnyRow[] = []
  let cursor: string | null = null
  for (let pages = 0; pages < 1_000; pages++) {
    const answer: Page = await world.call<Page>(
      path,
      { ...args, paginationOpts: { numItems, cursor } },
      who,
    )
    rows.push(...answer.page)
    if (answer.isDone) return rows
    cursor = answer.continueCursor
  }
  throw new Error(`${path} never ends`)
}
