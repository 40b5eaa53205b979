import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { object, string } from 'zod/v4'
import { NoboilError } from '../../../errors/error.ts'
import { errorCode, errorData } from '../../../errors/match.ts'
import { bindings, type Films, openFilms } from '../fetching.fixture.ts'
import { filmTables } from '../films.fixture.ts'
import { action } from './actions.ts'
import { startWorker, type WorkerLog } from './worker.ts'

const { reducers } = bindings

// The module is bundled once, which takes as long as the machine is busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })
beforeAll(async () => (await openFilms('worker')).close())

let open: Films | undefined

afterEach(async () => {
  await open?.close()
  open = undefined
})

async function world() {
  const films = await openFilms('worker')
  open = films
  const ann = films.client('ann')
  const load = (key: string) => ann.call(reducers.load_movie, { key })
  return { ...films, films, ann, load }
}

const codeOf = (call: Promise<unknown>) => call.then(() => 'fine', errorCode)

/** A fetcher that answers when it is told to. */
function heldFetcher() {
  const asked: {
    readonly key: string
    readonly signal: AbortSignal
    readonly answer: () => void
  }[] = []
  const fetcher = ({ signal }: { readonly signal: AbortSignal }, key: string) => {
    const { promise, resolve } = Promise.withResolvers<never>()
    const answer = (): void => resolve({ tmdbId: Number(key), title: 'held' } as never)
    asked.push({ key, signal, answer })
    return promise
  }
  return { asked, tables: filmTables(fetcher) }
}

describe('who is no worker', () => {
  it('sees no errands, takes none, runs nothing, and cannot make itself one', async () => {
    const { films, host, load } = await world()
    const calling = load('7')
    calling.catch(() => {})
    await films.pass(0)
    const [errand] = host.tables('_errands')
    const mallory = host.as('mallory')
    expect(host.as('worker').rows('my_errands')).toHaveLength(1)
    expect(mallory.rows('my_errands')).toEqual([])
    const held = { errand: errand?.['id'], worker: 'x' }
    const program = { ...held, program: 'movie:settle', args: '{}' }
    const identity = { identity: mallory.identity.toHexString() }
    expect(() => mallory.procedure('take_errand', held)).toThrow(/FORBIDDEN/)
    expect(() => mallory.procedure('run_errand', program)).toThrow(/FORBIDDEN/)
    expect(() => mallory.call('end_errand', { ...held, answer: 'null' })).toThrow(/FORBIDDEN/)
    expect(() => mallory.call('allow_worker', identity)).toThrow(/FORBIDDEN/)
    expect(() => mallory.call('expire_errand')).toThrow(/FORBIDDEN|no such reducer/)
    host.call('allow_worker', identity)
    expect(mallory.rows('my_errands')).toHaveLength(1)
    host.call('deny_worker', identity)
    expect(mallory.rows('my_errands')).toEqual([])
  })

  it('is told what an identity looks like', async () => {
    const { host } = await world()
    expect(() => host.call('allow_worker', { identity: 'bob' })).toThrow(
      /VALIDATION_FAILED: identity/,
    )
  })
})

describe('a worker', () => {
  it('runs the programs of the tables it fetches for, of errands that it holds, and no others', async () => {
    const { films, host, load } = await world()
    load('7').catch(() => {})
    await films.pass(0)
    const id = host.tables('_errands')[0]?.['id']
    const worker = host.as('worker')
    const run = (program: string) =>
      worker.procedure('run_errand', { errand: id, worker: 'a', program, args: '{"key":"7"}' })
    expect(() => run('movie:look')).toThrow(/FORBIDDEN/)
    const taken = JSON.parse(worker.procedure('take_errand', { errand: id, worker: 'a' }) as string)
    expect(taken).toMatchObject({
      path: 'movie.load',
      args: { key: '7' },
      call: { internal: false },
    })
    expect(JSON.parse(run('movie:look') as string)).toMatchObject({ state: 'needed' })
    expect(() => run('note:look')).toThrow(/FORBIDDEN/)
    expect(() => run('constructor')).toThrow(/FORBIDDEN/)
    expect(worker.procedure('take_errand', { errand: id, worker: 'b' })).toBe('null')
  })

  it('that dies loses its lease, and another answers in its place', async () => {
    const { films, load, host } = await world()
    const dead = heldFetcher()
    const wire = films.wire()
    films.worker({ tables: dead.tables, webSocket: wire.webSocket })
    const calling = load('7')
    await films.pass(0)
    expect(dead.asked).toHaveLength(1)
    wire.cut('forever')
    films.worker()
    await films.pass(10_000)
    expect(films.source.asked).toEqual([])
    expect(await films.settled(calling)).toMatchObject({ title: 'FILM 7, ASK 1' })
    expect(host.tables('_errands')).toEqual([])
  })

  it('whose lease has run out changes nothing until it has taken the errand again', async () => {
    const { host } = await world()
    host.as('eve').call('ask', { path: 'a.b', args: '{}', _request: 'r' })
    const worker = host.as('worker')
    const held = { errand: host.tables('_errands')[0]?.['id'], worker: 'a' }
    const end = () => worker.call('end_errand', { ...held, answer: '1' })
    worker.procedure('take_errand', held)
    host.advance(30_001)
    expect(end).toThrow(/FORBIDDEN: This errand is over, or somebody else has it/)
    worker.procedure('take_errand', held)
    end()
    expect(host.as('eve').rows('my_results')).toMatchObject([{ request: 'r', value: '1' }])
  })

  it('keeps what it holds for as long as it works on it', async () => {
    const { films, ann, source } = await world()
    const answer = Promise.withResolvers<string>()
    const slow = action({ args: object({}), handler: () => answer.promise })
    const elsewhere = vi.fn<() => string>(() => 'elsewhere')
    films.worker({ actions: { 'slow.one': slow }, actionTimeoutMs: 600_000 })
    const calling = ann.ask('slow.one')
    await films.pass(0)
    const other = action({ args: object({}), handler: elsewhere })
    films.worker({ actions: { 'slow.one': other } })
    await films.pass(120_000)
    expect(elsewhere).not.toHaveBeenCalled()
    answer.resolve('here')
    expect(await films.settled(calling)).toBe('here')
    expect(source.asked).toEqual([])
  })

  it('that closes gives back what it holds, and another fetches at once', async () => {
    const { films, load } = await world()
    const held = heldFetcher()
    const first = films.worker({ tables: held.tables })
    const calling = load('7')
    await films.pass(0)
    const closing = first.close()
    await films.settled(closing)
    expect(held.asked[0]?.signal.aborted).toBe(true)
    films.worker()
    expect(await films.settled(calling)).toMatchObject({ title: 'FILM 7, ASK 1' })
  })

  it('gives up on a source that does not answer in time', async () => {
    const { films, load } = await world()
    const held = heldFetcher()
    films.worker({ tables: held.tables })
    expect(await codeOf(films.settled(load('7')))).toBe('FETCH_FAILED')
    expect(held.asked[0]?.signal.aborted).toBe(true)
  })

  it('connects again when its connection is cut, and goes on with what is there', async () => {
    const { films, load } = await world()
    const lines: string[] = []
    const wire = films.wire()
    const worker = films.worker({
      webSocket: wire.webSocket,
      log: (_level, line) => lines.push(line),
    })
    await films.settled(load('7'))
    wire.cut()
    await films.pass(0)
    expect(worker.state).toBe('connecting')
    expect(await films.settled(load('8'))).toMatchObject({ title: 'FILM 8, ASK 2' })
    expect(worker.state).toBe('working')
    expect(lines.filter((line) => line.startsWith('Working for films as '))).toHaveLength(2)
  })

  it('whose connection is cut in the middle of an errand goes on with it over the next', async () => {
    const { films, load } = await world()
    const held = heldFetcher()
    const wire = films.wire()
    films.worker({ tables: held.tables, webSocket: wire.webSocket })
    const calling = load('7')
    await films.pass(0)
    wire.cut()
    held.asked[0]?.answer()
    expect(await films.settled(calling)).toMatchObject({ title: 'HELD' })
    expect(held.asked).toHaveLength(1)
  })

  it('whose clock is ahead asks for what another holds from time to time, and not without end', async () => {
    const { films, host, load } = await world()
    const held = heldFetcher()
    films.worker({ tables: held.tables })
    const calling = load('7')
    await films.pass(0)
    let asked = 0
    const open = host.webSocket()
    const clock = host.clock()
    films.worker({
      tables: held.tables,
      clock: {
        now: () => clock.now() + 3_600_000,
        setTimer: (ms, task) => clock.setTimer(ms, task),
      },
      webSocket: async (args: Parameters<typeof open>[0]) => {
        const socket = await open(args)
        const send = socket.send.bind(socket)
        socket.send = (message: Parameters<typeof send>[0]) => {
          asked++
          send(message)
        }
        return socket
      },
    })
    await films.pass(4_000)
    expect(asked).toBeGreaterThan(1)
    expect(asked).toBeLessThan(8)
    held.asked[0]?.answer()
    expect(await films.settled(calling)).toMatchObject({ title: 'HELD' })
    expect(held.asked).toHaveLength(1)
  })

  it('works on no more at a time than it was told to', async () => {
    const { films, load } = await world()
    const held = heldFetcher()
    films.worker({ tables: held.tables, maxErrands: 2 })
    const calls = ['1', '2', '3'].map(load)
    await films.pass(0)
    expect(held.asked.map(({ key }) => key)).toEqual(['1', '2'])
    held.asked[0]?.answer()
    await films.settled(calls[0] as Promise<unknown>)
    await films.pass(0)
    expect(held.asked.map(({ key }) => key)).toEqual(['1', '2', '3'])
    for (const { answer } of held.asked) answer()
    await films.settled(Promise.all(calls))
  })

  it('that is not allowed says so once for each connection, with what to do, and then that it works', async () => {
    const { films, host, load } = await world()
    const lines: [string, string][] = []
    const wire = films.wire()
    const identity = host.as('bob').identity.toHexString()
    const options = { token: host.token('bob'), webSocket: wire.webSocket }
    films.worker({ ...options, log: (...line) => lines.push(line) })
    await films.pass(20_000)
    const refused = [
      'warn',
      `Not allowed to work for films yet; its owner allows this worker by: spacetime call films allow_worker '"${identity}"'`,
    ]
    expect(lines).toEqual([refused])
    wire.cut()
    await films.pass(20_000)
    expect(lines.slice(1)).toEqual([
      ['warn', expect.stringMatching(/^No connection to the database/)],
      refused,
    ])
    host.call('allow_worker', { identity })
    await films.pass(5_000)
    expect(lines.slice(3)).toEqual([['info', `Working for films as ${identity}.`]])
    expect(await films.settled(load('7'))).toMatchObject({ title: 'FILM 7, ASK 1' })
    await films.pass(20_000)
    expect(lines).toHaveLength(4)
  })

  it('without a token is told that it is somebody else every time', async () => {
    const { films } = await world()
    const logged = vi.fn<WorkerLog>()
    films.worker({ token: '', log: logged })
    await films.pass(20_000)
    expect(logged.mock.calls).toEqual([
      ['warn', expect.stringMatching(/allow_worker '"[0-9a-f]{64}"' But without a token/)],
    ])
  })

  it('has fetchers for base tables alone', async () => {
    const { host } = await world()
    const options = {
      uri: 'http://stand-in',
      database: 'films',
      token: host.token('worker'),
      webSocket: host.webSocket(),
      tables: filmTables(async () => null),
    }
    expect(() => startWorker({ ...options, fetchers: { note: (() => null) as never } })).toThrow(
      "The worker has a fetcher for 'note', which is no base table.",
    )
    expect(() => startWorker({ ...options, tables: undefined as never })).toThrow(
      'tables must be a function, as in tables: ({ table }) =>',
    )
  })
})

describe('without a worker', () => {
  it('a call fails in time with a sentence, and leaves nothing behind', async () => {
    const { films, host, load } = await world()
    const failed: unknown = await films.settled(load('7')).catch((error: unknown) => error)
    expect(errorData(failed)).toEqual({
      code: 'UNAVAILABLE',
      message: 'Nobody has fetched this: the worker of this database does not run, or is behind.',
    })
    expect(host.tables('_errands')).toEqual([])
  })

  it('a caller has at most 100 errands open, and takes no place of others', async () => {
    const { host } = await world()
    const ask = (caller: { call: typeof host.call }) =>
      caller.call('ask', { path: 'a.b', args: '{}', _request: undefined })
    for (let asked = 0; asked < 100; asked++) ask(host.as('eve'))
    expect(() => ask(host.as('eve'))).toThrow(/UNAVAILABLE: You wait for 100 answers/)
    ask(host.as('bob'))
    for (let asked = 0; asked < 101; asked++) ask(host)
    host.advance(60_000)
    ask(host.as('eve'))
  })

  it('only so many errands wait', async () => {
    const { host } = await world()
    const ask = (who: string) =>
      host.as(who).call('ask', { path: 'a.b', args: '{}', _request: undefined })
    for (let asked = 0; asked < 1_000; asked++) ask(`somebody ${Math.floor(asked / 100)}`)
    expect(() => ask('eve')).toThrow(/UNAVAILABLE: The worker of this database is behind/)
    host.advance(60_000)
    expect(host.tables('_errands')).toEqual([])
  })
})

describe('an action of the app’s own', () => {
  const search = action({
    args: object({ text: string().min(1) }),
    handler: ({ user }, { text }) => ({ found: text, by: user?.name }),
  })

  it('is answered to who asked, with who they are', async () => {
    const { films, ann, host } = await world()
    films.worker({ actions: { 'movies.search': search } })
    const name = `guest ${host.as('ann').identity.toHexString().slice(-6)}`
    expect(await films.settled(ann.ask('movies.search', { text: 'kids' }))).toEqual({
      found: 'kids',
      by: name,
    })
  })

  it('that is not there, is asked wrongly, fails or takes too long is told so', async () => {
    const { films, ann, host } = await world()
    const logged = vi.fn<WorkerLog>()
    films.worker({
      actionTimeoutMs: 1_000,
      log: logged,
      actions: {
        'movies.search': search,
        'movies.hang': action({ args: object({}), handler: () => new Promise(() => {}) }),
        'movies.refuse': action({
          args: object({}),
          handler: () => {
            throw new NoboilError('FORBIDDEN', 'Not you.')
          },
        }),
        'movies.break': action({
          args: object({}),
          handler: () => {
            throw new Error('secret')
          },
        }),
      },
    })
    const ask = (path: string, args = {}) =>
      films.settled(ann.ask(path, args)).catch((error: unknown) => errorData(error))
    expect(await ask('movies.nothing')).toMatchObject({ code: 'NOT_FOUND' })
    expect(await ask('movies.search')).toMatchObject({
      code: 'VALIDATION_FAILED',
      data: { issues: [{ path: 'text' }] },
    })
    expect(await ask('movies.hang')).toMatchObject({ code: 'TIMEOUT' })
    expect(await ask('movies.refuse')).toEqual({ code: 'FORBIDDEN', message: 'Not you.' })
    const broken = await ask('movies.break')
    expect(broken).toMatchObject({ code: 'INTERNAL' })
    expect(JSON.stringify(broken)).not.toContain('secret')
    expect(logged).toHaveBeenCalledWith('error', expect.stringContaining('secret'))
    expect(host.tables('_errands')).toEqual([])
  })

  it('is no way around the functions of tables, nor a place for long texts', async () => {
    const { host } = await world()
    const ask = (path: string, args = '{}') =>
      host.as('eve').call('ask', { path, args, _request: undefined })
    for (const path of ['movie.load', 'users.put', 'refresh:movie', '', 'a', 'a.b.c.d.e']) {
      expect(() => ask(path), path).toThrow(/NOT_FOUND/)
    }
    expect(() => ask('a.b', `"${'x'.repeat(10_000)}"`)).toThrow(/LIMIT_EXCEEDED/)
    expect(() => ask('a.b', 'no json')).toThrow(/VALIDATION_FAILED/)
    expect(host.tables('_errands')).toEqual([])
  })
})
