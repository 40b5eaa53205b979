/**
 * A person's connection by WebSocket, for what is shown while it is slow or gone.
 */
import type { WebSocketRoute } from 'playwright-core'
import type { Person } from './stage.ts'

/** How a host's client speaks. */
export interface Wire {
  /** Where it connects to. */
  readonly at: RegExp
  readonly isCall: (message: string | Buffer, name: string) => boolean
}

export interface PersonSocket {
  /** Keeps calls of one function from the server, until the answer is called. */
  readonly hold: (name: string) => () => void
  /** Breaks the connection; the page finds none until the answer is called. */
  readonly cut: () => Promise<() => void>
}

/** To be asked for before the person opens a page. */
export async function socketOf({ context }: Person, wire: Wire): Promise<PersonSocket> {
  const open = new Set<{ readonly page: WebSocketRoute; readonly server: WebSocketRoute }>()
  let isCut = false
  let held: { readonly name: string; readonly released: Promise<void> } | undefined
  await context.routeWebSocket(wire.at, (page) => {
    if (isCut) {
      void page.close({ code: 1001 })
      return
    }
    const server = page.connectToServer()
    const both = { page, server }
    open.add(both)
    page.onClose(() => open.delete(both))
    page.onMessage(async (message) => {
      if (held !== undefined && wire.isCall(message, held.name)) await held.released
      server.send(message)
    })
  })
  return {
    hold(name) {
      const { promise, resolve } = Promise.withResolvers<void>()
      held = { name, released: promise }
      return () => {
        held = undefined
        resolve()
      }
    },
    async cut() {
      isCut = true
      for (const { page, server } of open) {
        await Promise.all([page.close({ code: 1001 }), server.close()])
      }
      open.clear()
      return () => {
        isCut = false
      }
    },
  }
}
