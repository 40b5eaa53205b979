/** The poll demo's tables on a {@link SimServer}: enough of them for a client to be wrong about. */
import { NoboilError } from '../errors/error.ts'
import type { PaginationOptions } from '../factories/shared/operation.ts'
import { plainRandom, VirtualClock, handWaker } from './clock.fixture.ts'
import { type Client, createClient } from './client.ts'
import { Network } from './network.fixture.ts'
import { pageOf, type Row, SimServer } from './simulation.fixture.ts'

export interface PollSim {
  readonly clock: VirtualClock
  readonly server: SimServer
  readonly network: Network
  readonly client: Client
  readonly wake: () => void
  /** The rows of every log, in order of their appending. */
  readonly votes: Row[]
  /** Rows with ranks anywhere between others. */
  readonly items: Row[]
  readonly site: Map<string, Row>
  /** Makes the next write fail. */
  refuse(error: NoboilError | undefined): void
  /** Appends as somebody else. */
  vote(parent: string, optionIdx: number): void
}

export function pollSim(): PollSim {
  const clock = new VirtualClock()
  // The server's clock is ahead, as clocks are.
  const server = new SimServer(() => clock.now() + 5000)
  const network = new Network(server)
  const { waker, wake } = handWaker()
  const client = createClient({ clock, random: plainRandom(), fetch: network.fetch, waker })
  const votes: Row[] = []
  const items: Row[] = []
  const site = new Map<string, Row>()
  const profile: { row: Row | null } = { row: null }
  let refusal: NoboilError | undefined
  const write =
    <result>(change: (args: Row) => result) =>
    (args: Row) => {
      const error = refusal
      refusal = undefined
      if (error) throw error
      return change(args)
    }
  const under = (parent: unknown): Row[] => votes.filter((row) => row['parent'] === parent)

  const append = (
    parent: string,
    payload: object,
    key?: unknown,
  ): { seq: number; created: boolean } => {
    const there =
      key === undefined ? undefined : under(parent).find((row) => row['idempotencyKey'] === key)
    if (there) return { seq: there['seq'] as number, created: false }
    const seq = ((under(parent).at(-1)?.['seq'] as number | undefined) ?? 0) + 1
    votes.push({
      _id: `${parent}-${seq}`,
      parent,
      seq,
      userId: 'u',
      ...payload,
      ...(key === undefined ? {} : { idempotencyKey: key }),
    })
    return { seq, created: true }
  }
  const replace = (
    rows: Row[],
    id: unknown,
    change: (row: Row) => Row | undefined,
  ): Row | undefined => {
    const at = rows.findIndex((row) => row['_id'] === id)
    if (at < 0) return undefined
    const next = change(rows[at] as Row)
    rows.splice(at, 1, ...(next ? [next] : []))
    return next ?? {}
  }

  const { queries, mutations } = server
  for (const audience of ['', 'auth.', 'pub.']) {
    queries.set(`vote.${audience}list`, ({ parent, paginationOpts }) =>
      pageOf(under(parent), (row) => -(row['seq'] as number), paginationOpts as PaginationOptions),
    )
    queries.set(`vote.${audience}counts`, ({ parent, field }) => {
      const totals: Record<string, number> = {}
      for (const row of under(parent)) {
        const value = String(row[field as string])
        totals[value] = (totals[value] ?? 0) + 1
      }
      return totals
    })
  }
  queries.set('vote.read', ({ id }) => votes.find((row) => row['_id'] === id) ?? null)
  mutations.set(
    'vote.append',
    write(({ parent, payload, idempotencyKey }) =>
      append(parent as string, payload as object, idempotencyKey),
    ),
  )
  mutations.set(
    'vote.appendBulk',
    write(({ parent, items }) => {
      const [first] = (items as object[]).map((item) => append(parent as string, item))
      return { count: (items as object[]).length, firstSeq: first?.seq }
    }),
  )
  mutations.set(
    'vote.update',
    write(({ id, patch }) => {
      const row = replace(votes, id, (row) => ({ ...row, ...(patch as object) }))
      if (row === undefined) throw new NoboilError('NOT_FOUND', 'No such vote.')
      return row
    }),
  )
  mutations.set(
    'vote.rm',
    write(({ id }) => ({ deleted: replace(votes, id, () => undefined) !== undefined })),
  )
  mutations.set(
    'vote.rmBulk',
    write(({ ids }) => ({
      count: (ids as string[]).filter((id) => replace(votes, id, () => undefined)).length,
    })),
  )
  mutations.set(
    'vote.purgeByParent',
    write(({ parent }) => {
      const gone = under(parent)
      for (const row of gone) replace(votes, row['_id'], () => undefined)
      return { deleted: gone.length }
    }),
  )
  queries.set('item.list', ({ paginationOpts }) =>
    pageOf(items, (row) => row['rank'] as number, paginationOpts as PaginationOptions),
  )
  queries.set('siteConfig.get', ({ key }) => site.get(key as string) ?? null)
  mutations.set(
    'siteConfig.set',
    write(({ key, payload }) => {
      const row = {
        _id: key as string,
        key,
        ...(payload as object),
        updatedAt: server.revision + 1,
      }
      site.set(key as string, row)
      return row
    }),
  )
  mutations.set(
    'siteConfig.rm',
    write(({ key }) => ({ deleted: site.delete(key as string) })),
  )
  queries.set('profile.get', () => profile.row)
  mutations.set(
    'profile.upsert',
    write(({ payload, unset = [] }) => {
      const row: Record<string, unknown> = {
        _id: 'me',
        ...profile.row,
        ...(payload as object),
        updatedAt: server.revision + 1,
      }
      for (const name of unset as string[]) delete row[name]
      return (profile.row = row)
    }),
  )

  return {
    clock,
    server,
    network,
    client,
    wake,
    votes,
    items,
    site,
    refuse: (error) => (refusal = error),
    vote: (parent, optionIdx) => server.commit(() => append(parent, { optionIdx, voter: 'other' })),
  }
}
