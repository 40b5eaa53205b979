/** Runs in plain Node: there is no window, and nothing may ask for one. */
import { createElement, type ReactElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'
import { createApi } from '../client/api.ts'
import { createClient } from '../client/client.ts'
import type { Server } from './api.fixture.ts'
import { useKv } from './kv.ts'
import { useConnection } from './live.ts'
import { useLog } from './log.ts'
import { NoboilProvider } from './provider.tsx'

const api = createApi<Server>()

function Page(): ReactElement {
  const log = useLog(api.vote, { parent: 'p', counts: 'optionIdx' })
  const banner = useKv(api.siteConfig, 'banner')
  const text = JSON.stringify([log.isLoading, banner.isLoading, useConnection()])
  return createElement('p', null, text)
}

test('a page renders on a server, as loading, and asks for nothing', () => {
  expect(typeof window).toBe('undefined')
  let asked = 0
  const client = createClient({
    fetch: async () => {
      asked++
      return new Response('{}')
    },
  })
  const html = renderToString(createElement(NoboilProvider, { client }, createElement(Page)))
  expect(html).toContain('[true,true,&quot;connecting&quot;]')
  expect(asked).toBe(0)
})
