/**
 * Makes the README's pictures of the movie app: docs/pictures/movie.png, the shelf, and a film that somebody else has just refreshed;
 * docs/pictures/mirror.png, an admin who has called a film back, and a reader of it at the mirror.
 *
 *     node --conditions=noboil-source web/node/movie/test/picture.ts
 */
import { resolve } from 'node:path'
import { type Pair, startPair } from '@noboil/web-node-shared/test/server'
import { drawWindows } from '@noboil/web-node-shared/test/windows'
import { launchBrowser } from '@noboil/web-testing/browser'
import { copy, signIn } from '@noboil/web-testing/movie'
import type { Browser, Page } from 'playwright-core'

const pictures = resolve(import.meta.dirname, '../../../../docs/pictures')
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

// At the ports that people will see, which are to be free.
const pair = await startPair({ UPSTREAM_DELAY_MS: '300', PORT: '3000', MIRROR_PORT: '3001' })
const browser = await launchBrowser()
try {
  await drawWindows(browser, `${pictures}/movie.png`, size, await twoReaders(browser, pair))
  await drawWindows(browser, `${pictures}/mirror.png`, size, await twoDeployments(browser, pair))
} finally {
  await browser.close()
  await pair.close()
}

async function twoReaders(inBrowser: Browser, { url }: Pair): Promise<readonly Buffer[]> {
  const reader = await arrive(inBrowser, url, 'light')
  const visitor = await arrive(inBrowser, url, 'dark')
  for (const title of titles) await openFirst(visitor, title)
  const other = await arrive(inBrowser, url, 'light')
  await other.goto(visitor.url())
  await copy(other).waitFor()
  await other.getByRole('button', { name: 'Refresh' }).click()
  await copy(visitor).getByRole('heading', { name: 'Refreshed by someone else' }).waitFor()
  await reader.getByRole('link', { name: /Stalker/ }).waitFor()
  return [await reader.screenshot(), await visitor.screenshot()]
}

async function twoDeployments(
  inBrowser: Browser,
  { url, admin, mirror }: Pair,
): Promise<readonly Buffer[]> {
  const here = await arrive(inBrowser, url, 'light')
  const there = await arrive(inBrowser, mirror.url, 'dark')
  await signIn(here, admin)
  await openFirst(here, 'Playtime')
  await openFirst(there, 'Playtime')
  await here.getByRole('button', { name: 'Mark as stale' }).click()
  for (const page of [here, there])
    await copy(page)
      .getByRole('heading', { name: /^Renewed/ })
      .waitFor()
  return [await here.screenshot(), await there.screenshot()]
}

async function arrive(inBrowser: Browser, url: string, theme: 'light' | 'dark'): Promise<Page> {
  const context = await inBrowser.newContext({
    baseURL: url,
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
