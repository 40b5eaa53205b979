/**
 * What people do and see in the poll app, in its own words.
 */
import type { Locator, Page } from 'playwright-core'
import type { Person } from './stage.ts'

export interface Account {
  readonly email: string
  readonly password: string
}

/** A poll of its own for a test, made by `page`'s guest, who is left looking at it. Answers its path. */
export async function askAsGuest(
  { page, open }: Person,
  question: string,
  options: readonly string[],
): Promise<string> {
  await open('/new')
  await fillPoll(page, question, options)
  await page.getByRole('button', { name: 'Publish poll' }).click()
  if (!(await isSignedIn(page)))
    await page.getByRole('button', { name: 'Continue as a guest' }).click()
  await page.getByRole('heading', { level: 1, name: question }).waitFor()
  return new URL(page.url()).pathname
}

export async function fillPoll(
  page: Page,
  question: string,
  options: readonly string[],
): Promise<void> {
  await page.getByLabel('Question').fill(question)
  for (const [index, option] of options.entries()) {
    if (index >= 2) await page.getByRole('button', { name: 'Add an option' }).click()
    await page.getByLabel(`Option ${index + 1}`, { exact: true }).fill(option)
  }
}

/** Waits until the page knows. */
export async function isSignedIn(page: Page): Promise<boolean> {
  const who = page.locator('.header-who').getByRole('link')
  await who.waitFor()
  return (await page.getByRole('link', { name: /, your profile$/ }).count()) > 0
}

export function option(page: Page, label: string): Locator {
  return page.locator('.ballot').getByRole('button', { name: `Vote for ${label}` })
}

/** Casts a ballot; somebody who is not signed in goes on as a guest. */
export async function vote(page: Page, label: string): Promise<void> {
  const guest = !(await isSignedIn(page))
  await option(page, label).click()
  if (guest) await page.getByRole('button', { name: 'Continue as a guest' }).click()
  await page.getByText(/Counted: ballot no\./).waitFor()
}

/** Ballots by option, as the page reads them out; options that are not counted yet are missing. */
export async function tally(page: Page): Promise<Readonly<Record<string, number>>> {
  const rows = await page
    .locator('.ballot .option')
    .evaluateAll((options) =>
      options.map((each) => [
        each.querySelector('.option__label')?.textContent ?? '',
        each.querySelector('.option__votes .sr-only')?.textContent ?? '',
      ]),
    )
  return Object.fromEntries(
    rows.filter(([, votes]) => votes !== '').map(([label, votes]) => [label, Number(votes)]),
  )
}

export async function signUp(page: Page, name: string, account: Account): Promise<void> {
  await page.goto('/sign-in')
  await page.getByRole('radio', { name: 'Create account' }).check()
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Email').fill(account.email)
  await page.getByLabel('Password').fill(account.password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByRole('link', { name: `${name}, your profile` }).waitFor()
}

/** From any page; leaves them where the app takes them. */
export async function signIn(page: Page, { email, password }: Account): Promise<void> {
  await page.goto('/sign-in')
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('link', { name: /, your profile$/ }).waitFor()
}

/** By how much the page is wider than the window. */
export function overflowPx(page: Page): Promise<number> {
  return page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
}
