/**
 * What people do and see in the movie app, in its own words.
 */
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { patience, type Person } from './stage.ts'

export type UpstreamChoice = 'Works' | 'Fails' | 'Hangs' | 'Rubbish'

/** The copy's panel on a film's page. */
export function copy(page: Page): Locator {
  return page.getByRole('region', { name: /^(From the|Refreshed|Renewed)/ })
}

/** One line of it, as "12 s" or "Running…". */
export async function fact(page: Page, name: string): Promise<string> {
  return copy(page)
    .locator('dl > div')
    .filter({ has: page.getByText(name, { exact: true }) })
    .locator('dd')
    .innerText()
}

export async function votes(page: Page): Promise<number> {
  const text = await page.locator('.film__vote .sr-only').innerText()
  return Number(text.replaceAll(',', ''))
}

/** Types into the field of the start page, and answers the link of the first film that is found. */
export async function lookFor({ page, open }: Person, text: string): Promise<Locator> {
  await open('/movie')
  await page.getByRole('searchbox').fill(text)
  const first = page.getByRole('region', { name: 'Search results' }).getByRole('link').first()
  await first.waitFor()
  return first
}

/** Finds a film by its title and opens it; answers its path. */
export async function openFilm(person: Person, title: string): Promise<string> {
  const { page } = person
  await (await lookFor(person, title)).click()
  await page.getByRole('heading', { level: 1, name: title }).waitFor()
  await copy(page).waitFor()
  return new URL(page.url()).pathname
}

export async function signIn(
  page: Page,
  { email, password }: { readonly email: string; readonly password: string },
): Promise<void> {
  await page.goto('/movie/sign-in')
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: /^Sign out/ }).waitFor()
}

/** Turns the catalogue's switch; leaves the admin on the admin page. */
export async function turnCatalogue({ page, open }: Person, to: UpstreamChoice): Promise<void> {
  await open('/movie/admin')
  const choice = page.getByRole('radio', { name: to })
  if (await choice.isChecked()) return
  await choice.check()
  // The choice is shown before the catalogue has it.
  await expect.poll(() => page.locator('#main [aria-busy=true]').count(), patience).toBe(0)
  expect(await choice.isChecked()).toBe(true)
}
