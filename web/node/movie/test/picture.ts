/**
 * Makes the README's second picture, docs/pictures/movie.png: the shelf, and a film that somebody else has just refreshed.
 *
 *     node --conditions=noboil-source web/node/movie/test/picture.ts
 */
import { resolve } from 'node:path'
import { launchBrowser } from '@noboil/web-testing/browser'
import { startServer } from '@noboil/web-node-shared/test/server'
import { drawWindows } from '@noboil/web-node-shared/test/windows'
import type { Browser, Page } from 'playwright-core'
import { copy } from '@noboil/web-testing/movie'

const target = resolve(import.meta.dirname, '../../../../docs/pictures/movie.png')
const size = { width: 1_100, height: 760 }
const titles = [
  'Metropolis',
  'The Thing',
  'Amélie',
  'Ran',
  'Playtime',
  'Solaris',
  'Alien',
  'Stalker',
]

const server = await startServer({ UPSTREAM_DELAY_MS: '300' })
const browser = await launchBrowser()
try {
  const reader = await arrive(browser, 'light')
  const visitor = await arrive(browser, 'dark')
  for (const title of titles) await openFirst(visitor, title)
  const other = await arrive(browser, 'light')
  await other.goto(visitor.url())
  await copy(other).waitFor()
  await other.getByRole('button', { name: 'Refresh' }).click()
  await copy(visitor).getByRole('heading', { name: 'Refreshed by someone else' }).waitFor()
  await reader.getByRole('link', { name: /Stalker/ }).waitFor()
  const shots = [await reader.screenshot(), await visitor.screenshot()]
  await drawWindows(browser, target, size, shots)
} finally {
  await browser.close()
  await server.close()
}

async function arrive(inBrowser: Browser, theme: 'light' | 'dark'): Promise<Page> {
  const context = await inBrowser.newContext({
    baseURL: server.url,
    viewport: size,
    colorScheme: theme,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  await page.goto('/movie')
  await page.getByRole('searchbox').waitFor()
  await page.evaluate(() => document.fonts.ready)
  return page
}

async function openFirst(page: Page, title: string): Promise<void> {
  await page.goto(`/movie?q=${encodeURIComponent(title)}`)
  await page.getByRole('region', { name: 'Search results' }).getByRole('link').first().click()
  await page.getByRole('heading', { level: 1, name: title }).waitFor()
  await copy(page).waitFor()
}
