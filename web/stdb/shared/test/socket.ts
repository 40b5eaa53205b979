/**
 * A person's connection to the database, for what is shown while it is slow or gone.
 */
import type { Person } from '@noboil/web-testing/stage'
import type { WebSocketRoute } from 'playwright-core'

export interface PersonSocket {
  /** Keeps calls of one reducer from the database, until the answer is called. */
  readonly hold: (reducer: string) => () => void
  /** Breaks the connection; the page finds none until the answer is called. */
  readonly cut: () => Promise<() => void>
}

/** To be asked for before the person opens a page. */
export async function socketOf({ context }: Person): Promise<PersonSocket> {
  const open = new Set<{ readonly page: WebSocketRoute; readonly server: WebSocketRoute }>()
  let isCut = false
  let held: { readonly reducer: string; readonly released: Promise<void> } | undefined
  await context.routeWebSocket(/\/v1\/database\/[^/]+\/subscribe/, (page) => {
    if (isCut) {
      void page.close({ code: 1001 })
      return
    }
    const server = page.connectToServer()
    const both = { page, server }
    open.add(both)
    page.onClose(() => open.delete(both))
    page.onMessage(async (message) => {
      if (held !== undefined && message.includes(held.reducer)) await held.released
      server.send(message)
    })
  })
  return {
    hold(reducer) {
      const { promise, resolve } = Promise.withResolvers<void>()
      held = { reducer, released: promise }
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
