/**
 * A Redis that does what our scripts say, in TypeScript, over a network that a test holds in its hands: every command, reply and
 * message waits for its turn, and messages of the bus may be lost, doubled or late. The scripts themselves are tried on a real one.
 */
import { readHeader } from './codec.ts'
import type { RedisDriver, RedisEvents, RedisSession } from './driver.ts'
import { type ScriptName, scripts } from './scripts.ts'

/** What becomes of one message on its way to one process. */
export type Fate = 'arrives' | 'lost' | 'doubled' | 'late'

/** Resolves when it is the turn of something to happen. */
export type Turn = (what: string) => Promise<unknown>

interface State {
  run: string
  tags: Map<string, number>
  sets: Map<string, number>
  greeted: string | undefined
  entries: Map<string, { text: string; until: number }>
  leases: Map<string, { token: string; asOf: number; until: number; waited: boolean }>
}

interface Connection {
  readonly events: RedisEvents
  isOpen: boolean
  inbox: Promise<unknown>
  outbox: Promise<unknown>
  /** Rejects when it is over, and with it whatever is not answered. */
  readonly over: PromiseWithResolvers<never>
}

type Args = readonly string[]

export class FakeRedis {
  readonly #turn: Turn
  readonly #now: () => number
  readonly #fate: () => Fate
  #state: State
  #snapshot: State
  #runs = 1
  readonly #connections = new Set<Connection>()
  /** Refuses every script of these names, as a server without memory does. */
  readonly refuses: Set<ScriptName> = new Set()
  /** Commands run, by name or script. */
  readonly ran: Map<string, number> = new Map()
  isDown = false

  constructor(now: () => number, turn: Turn = async () => {}, fate: () => Fate = () => 'arrives') {
    this.#now = now
    this.#turn = turn
    this.#fate = fate
    this.#state = {
      run: 'run-1',
      tags: new Map(),
      sets: new Map(),
      greeted: undefined,
      entries: new Map(),
      leases: new Map(),
    }
    this.#snapshot = structuredClone(this.#state)
  }

  get driver(): RedisDriver {
    return { open: (_channel, events) => this.#open(events) }
  }

  /** What a restart will bring back. */
  save(): void {
    this.#snapshot = structuredClone(this.#state)
  }

  /** Ends every connection and goes back to what was saved. */
  restart(): void {
    this.#state = structuredClone(this.#snapshot)
    this.#state.run = `run-${++this.#runs}`
    this.cut()
  }

  /** Ends every connection. */
  cut(): void {
    for (const connection of this.#connections) this.#end(connection)
  }

  /** Ends the oldest connection; silently, as the death of its process does, or as a network does. */
  cutFirst({ silently = false }: { readonly silently?: boolean } = {}): void {
    const [first] = this.#connections
    if (first === undefined) return
    if (silently) this.#forget(first)
    else this.#end(first)
  }

  /** Puts something under the key of an entry, whatever it is. */
  plant(key: string, text: string): void {
    this.#state.entries.set(`{noboil}:e:${key}`, { text, until: Number.POSITIVE_INFINITY })
  }

  /** Loses everything that has no time to live, as a server that is short of memory may. */
  evictTags(): void {
    this.#state.tags.clear()
    this.#state.sets.clear()
  }

  async #open(events: RedisEvents): Promise<RedisSession> {
    await this.#turn('open')
    if (this.isDown) throw new Error('connect ECONNREFUSED')
    const connection: Connection = {
      events,
      isOpen: true,
      inbox: Promise.resolve(),
      outbox: Promise.resolve(),
      over: Promise.withResolvers(),
    }
    connection.over.promise.catch(() => {})
    this.#connections.add(connection)
    return {
      send: (command) => this.#send(connection, command),
      close: () => this.#forget(connection),
    }
  }

  #end(connection: Connection): void {
    if (!connection.isOpen) return
    this.#forget(connection)
    connection.events.lost(new Error('cut'))
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection)
    connection.isOpen = false
    connection.over.reject(new Error('Socket closed'))
  }

  /** Commands of one connection arrive, and their replies come back, in order. */
  #send(connection: Connection, command: readonly string[]): Promise<unknown> {
    const arrived = connection.inbox.then(() => this.#turn(`→ ${command[0]}`))
    connection.inbox = arrived
    const answer = arrived.then(() => {
      if (!connection.isOpen || this.isDown) throw new Error('Socket closed')
      let reply: unknown
      let refusal: string | undefined
      try {
        reply = structuredClone(this.#execute(command))
      } catch (thrown) {
        refusal = (thrown as Error).message
      }
      const answered = connection.outbox.then(() => this.#turn(`← ${command[0]}`))
      connection.outbox = answered
      return answered.then(() => {
        if (!connection.isOpen) throw new Error('Socket closed')
        if (refusal !== undefined) throw new Error(refusal)
        return reply
      })
    })
    return Promise.race([answer, connection.over.promise])
  }

  #publish(text: string): void {
    for (const connection of this.#connections) {
      const fate = this.#fate()
      const deliver = (): void => {
        if (connection.isOpen) connection.events.message(text)
      }
      if (fate === 'lost') continue
      if (fate === 'late') {
        void this.#turn('late message').then(deliver)
        continue
      }
      connection.outbox = connection.outbox.then(() => this.#turn('message')).then(deliver)
      if (fate === 'doubled') connection.outbox = connection.outbox.then(deliver)
    }
  }

  #execute([name = '', ...rest]: readonly string[]): unknown {
    if (name === 'SCRIPT') {
      return Object.entries(scripts).find(([, text]) => text === rest[1])?.[0]
    }
    if (name === 'PUBLISH') return this.#publish(rest[1] ?? '')
    if (name === 'GET') {
      this.#count('get')
      return this.#entry(rest[0] ?? '') ?? null
    }
    const script = rest[0] as ScriptName
    const keyCount = Number(rest[1])
    if (name !== 'EVALSHA') throw new Error(`ERR unknown command ${name}`)
    if (this.refuses.has(script)) throw new Error('OOM command not allowed')
    this.#count(script)
    return this.#script(script, rest.slice(2, 2 + keyCount), rest.slice(2 + keyCount))
  }

  #count(name: string): void {
    this.ran.set(name, (this.ran.get(name) ?? 0) + 1)
  }

  #script(name: ScriptName, keys: Args, args: Args): unknown {
    switch (name) {
      case 'open':
        return this.#greet(args)
      case 'sync':
        return this.#sync(args)
      case 'change':
        return this.#change(args)
      case 'take':
        return this.#take(keys, args)
      case 'store':
        return this.#store(keys, args)
      case 'set':
        return this.#set(keys, args)
      case 'release': {
        const [token = '', , key = ''] = args
        if (this.#lease(keys[0] ?? '')?.token === token) this.#done(keys[0] ?? '', key)
        return 1
      }
      case 'renew': {
        const lease = this.#lease(keys[0] ?? '')
        if (lease === undefined || lease.token !== args[0]) return 0
        lease.until = this.#now() + Number(args[1])
        return 1
      }
    }
  }

  #greet([epoch]: Args): unknown {
    const { run, greeted } = this.#state
    if (greeted !== run) this.evictTags()
    this.#state.greeted = run
    this.#begin(epoch)
    const tags = [...this.#state.tags].flat().map(String)
    return [String(this.#epoch), String(this.#seq), String(this.#now()), tags]
  }

  #sync([since = '', count = '']: Args): unknown {
    const { tags, sets } = this.#state
    if (this.#epoch === 0) return null
    const newer = (map: Map<string, number>): string[] =>
      [...map]
        .filter(([name, version]) => name !== '=epoch' && version > Number(since))
        .toSorted(([, one], [, other]) => one - other)
        .slice(0, map === sets ? Number(count) : undefined)
        .flat()
        .map(String)
    return [String(this.#epoch), String(this.#seq), String(this.#now()), newer(tags), newer(sets)]
  }

  #change([epoch, , message, ...names]: Args): unknown {
    this.#begin(epoch)
    const seq = this.#next()
    for (const name of names) this.#state.tags.set(name, seq)
    this.#publish(`c ${this.#epoch} ${seq} ${message}`)
    return [String(this.#epoch), String(seq)]
  }

  #take(
    [, entryKey = '', leaseKey = '']: Args,
    [token = '', leaseMs, names = '', epoch]: Args,
  ): unknown {
    if (this.#epoch !== Number(epoch)) return ['over']
    const text = this.#entry(entryKey)
    const header = text === undefined ? undefined : readHeader(text)
    const isOurs = header?.epoch === this.#epoch && header.tags === names
    const isFresh = isOurs && header.loadedAt + header.freshMs > this.#now()
    if (isFresh && this.#isCurrent(names, header.asOf)) return ['entry', text]
    const lease = this.#lease(leaseKey)
    if (lease !== undefined && lease.token !== token && this.#isCurrent(names, lease.asOf)) {
      lease.waited = true
      return ['held', lease.until - this.#now()]
    }
    const until = this.#now() + Number(leaseMs)
    const waited = lease?.waited ?? false
    this.#state.leases.set(leaseKey, { token, asOf: this.#seq, until, waited })
    return ['lease', String(this.#seq), isOurs ? text : '']
  }

  #store([, entryKey = '', leaseKey = '']: Args, args: Args): unknown {
    const [token, epoch, asOf, freshMs, keepMs, names = '', , key = '', value] = args
    if (this.#epoch !== Number(epoch)) return [0, 0]
    const isCurrent = this.#isCurrent(names, Number(asOf))
    const lease = this.#lease(leaseKey)
    const present = readHeader(this.#entry(entryKey) ?? '')
    const isLater =
      (present?.epoch === this.#epoch && present.asOf >= Number(asOf)) ||
      (this.#state.sets.get(key) ?? 0) > Number(asOf)
    const isOwn = lease?.token === token
    const stores = isCurrent && (isOwn || (lease === undefined && !isLater))
    if (stores) {
      const text = `1 ${epoch} ${asOf} ${this.#now()} ${freshMs} ${names}\n${value}`
      this.#state.entries.set(entryKey, { text, until: this.#now() + Number(keepMs) })
    }
    if (isOwn) this.#done(leaseKey, key)
    return [Number(stores), Number(isCurrent)]
  }

  #set([, entryKey = '', leaseKey = '']: Args, args: Args): unknown {
    const [epoch, asOf, freshMs, keepMs, names = '', , key = '', , value] = args
    if (this.#epoch !== Number(epoch)) return ['0', 0]
    const keeps = Number(keepMs) > 0 && this.#isCurrent(names, Number(asOf))
    const seq = this.#next()
    const text = `1 ${epoch} ${seq} ${this.#now()} ${freshMs} ${names}\n${value}`
    if (keeps) {
      this.#state.entries.set(entryKey, { text, until: this.#now() + Number(keepMs) })
    } else this.#state.entries.delete(entryKey)
    this.#done(leaseKey, key)
    this.#state.sets.set(key, seq)
    this.#publish(`s ${epoch} ${seq} ${key}`)
    return [String(seq), Number(keeps)]
  }

  get #epoch(): number {
    return this.#state.tags.get('=epoch') ?? 0
  }

  get #seq(): number {
    return this.#state.tags.get('=seq') ?? 0
  }

  #begin(epoch: string | undefined): void {
    if (this.#epoch !== 0) return
    this.#state.tags = new Map([
      ['=epoch', Number(epoch)],
      ['=seq', 0],
    ])
  }

  #next(): number {
    this.#state.tags.set('=seq', this.#seq + 1)
    return this.#seq
  }

  #isCurrent(names: string, asOf: number): boolean {
    return names.split(',').every((name) => (this.#state.tags.get(name) ?? 0) <= asOf)
  }

  #entry(key: string): string | undefined {
    const entry = this.#state.entries.get(key)
    return entry !== undefined && entry.until > this.#now() ? entry.text : undefined
  }

  #lease(key: string): { token: string; asOf: number; until: number; waited: boolean } | undefined {
    const lease = this.#state.leases.get(key)
    return lease !== undefined && lease.until > this.#now() ? lease : undefined
  }

  #done(leaseKey: string, key: string): void {
    const waited = this.#lease(leaseKey)?.waited ?? false
    this.#state.leases.delete(leaseKey)
    if (waited) this.#publish(`w ${key}`)
  }
}
