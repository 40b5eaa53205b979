/** The hosts' module with people in front of it: each a client over a wire that a test can hold and cut. */
import { act, renderHook, waitFor } from '@testing-library/react'
import type { ReactElement, ReactNode } from 'react'
import type { InProcessSocket, WebSocketFactory } from '../../exports/spacetimedb-testing.ts'
import { errorCode } from '../../errors/match.ts'
import { openRig, type Rig } from '../../hosts/spacetimedb/app.fixture.ts'
import { schemaOfFixture } from '../../hosts/spacetimedb/schema.fixture.ts'
import { bindingsOf } from '../../wire/spacetimedb.ts'
import { SpacetimeClient } from './client.ts'
import { SpacetimeProvider } from './provider.tsx'

export const bindings = bindingsOf(schemaOfFixture)

const { tables, reducers } = bindings

/** The log of the module, as hooks take it. */
export const votes = {
  table: tables.vote,
  append: reducers.append_vote,
  bulkAppend: reducers.bulk_append_vote,
  update: reducers.update_vote,
  rm: reducers.rm_vote,
  bulkRm: reducers.bulk_rm_vote,
  purge: reducers.purge_vote_by_parent,
  restore: reducers.restore_vote_by_parent,
}

/** Waits for what renders bring about. */
export const until = (check: () => void): Promise<void> =>
  waitFor(check, { interval: 5, timeout: 20_000 })

export const seqs = (rows: readonly { readonly seq: number }[] | undefined) =>
  rows?.map(({ seq }) => seq)

export const codeOf = (call: Promise<unknown>) => call.then(() => 'fine', errorCode)

/** Starts a call whose end a test looks at later. */
export function begin<result>(call: () => Promise<result>): Promise<result> {
  let begun: Promise<result> | undefined
  act(() => {
    begun = call()
    begun.catch(() => {})
  })
  return begun as Promise<result>
}

export interface Person {
  readonly client: SpacetimeClient
  /** Keeps what is sent from the database, until the answer is called. */
  hold(): () => void
  /** Loses what the database sends from now on, until the next connection. */
  deafen(): void
  /** Ends the connection. Messages on their way are lost. */
  cut(): void
  /** Renders a hook as this person; `all` keeps what each render answered. */
  hook<result>(run: () => result): Hooked<result>
}

export interface Hooked<result> {
  readonly all: readonly result[]
  now(): result
}

export interface World {
  readonly rig: Rig
  person(name: string): Person
  close(): Promise<void>
}

export async function createWorld(): Promise<World> {
  const rig = await openRig()
  const people: SpacetimeClient[] = []
  return {
    rig,
    person(name) {
      const wire = wireOf(rig.host.webSocket())
      let token: string | undefined = rig.host.token(name)
      const client = new SpacetimeClient({
        uri: 'http://stand-in',
        database: 'test',
        bindings,
        webSocket: wire.webSocket,
        tokens: { get: () => token, set: (given) => void (token = given) },
        // Nobody waits for a connection that is back at once.
        ports: { random: { unit: () => 0, id: () => `${name} ${++ids}` } },
      })
      people.push(client)
      const wrapper = ({ children }: { readonly children: ReactNode }): ReactElement => (
        <SpacetimeProvider client={client}>{children}</SpacetimeProvider>
      )
      return {
        client,
        hold: wire.hold,
        deafen: wire.deafen,
        cut: wire.cut,
        hook<result>(run: () => result): Hooked<result> {
          const all: result[] = []
          const { result } = renderHook(
            () => {
              const answer = run()
              all.push(answer)
              return answer
            },
            { wrapper },
          )
          return { all, now: () => result.current }
        },
      }
    },
    async close() {
      for (const client of people) client.close()
      await rig.host.close()
    },
  }
}

let ids = 0

function wireOf(open: WebSocketFactory) {
  let sockets: InProcessSocket[] = []
  const deaf = new WeakSet<InProcessSocket>()
  let held: (() => void)[] | undefined
  return {
    async webSocket(args: Parameters<WebSocketFactory>[0]): Promise<InProcessSocket> {
      const socket = await open(args)
      sockets.push(socket)
      let hear: InProcessSocket['onmessage'] = () => {}
      Object.defineProperty(socket, 'onmessage', {
        get: (): InProcessSocket['onmessage'] => (message) => {
          if (!deaf.has(socket)) hear(message)
        },
        set: (given: InProcessSocket['onmessage']) => {
          hear = given
        },
      })
      const send = socket.send.bind(socket)
      socket.send = (bytes) => {
        if (held === undefined) send(bytes)
        else {
          const copy = bytes.slice()
          held.push(() => send(copy))
        }
      }
      return socket
    },
    hold(): () => void {
      held = []
      return () => {
        const waiting = held ?? []
        held = undefined
        for (const send of waiting) send()
      }
    },
    deafen(): void {
      for (const socket of sockets) deaf.add(socket)
    },
    cut(): void {
      if (held !== undefined) held = []
      const ending = sockets
      sockets = []
      for (const socket of ending) socket.close()
    },
  }
}
