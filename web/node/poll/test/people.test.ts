import { describe, expect, it } from 'vitest'
import { useServer } from '@noboil/web-node-shared/test/server'
import { patience, type Person } from '@noboil/web-testing/stage'
import {
  askAsGuest,
  fillPoll,
  isSignedIn,
  option,
  signIn,
  signUp,
  tally,
  vote,
} from '@noboil/web-testing/poll'

const stage = useServer()

describe('who one is', () => {
  it('an account is made, left and come back to; a reload keeps it, other tabs too', async () => {
    const ada = await stage.person()
    const account = { email: 'ada@poll.example', password: 'analytical-engine' }
    await signUp(ada.page, 'Ada', account)
    await ada.open('/profile')
    await ada.page.getByText(account.email).waitFor()
    await ada.page.getByRole('button', { name: 'Sign out' }).click()
    await ada.page.getByRole('link', { name: 'Sign in' }).waitFor()
    await ada.page.reload()
    await ada.page.getByRole('link', { name: 'Sign in' }).waitFor()
    await signIn(ada.page, account)
    await ada.page.reload()
    await ada.page.getByRole('link', { name: 'Ada, your profile' }).waitFor()
    const tab = await stage.person({ context: ada.context })
    await tab.open('/')
    await expect.poll(() => isSignedIn(tab.page), patience).toBe(true)
  })

  it('a wrong password and a taken address are told in a sentence', async () => {
    const [someone, other] = [await stage.person(), await stage.person()]
    const account = { email: 'grace@poll.example', password: 'nanoseconds' }
    await signUp(someone.page, 'Grace', account)
    other.allow(/401|422/)
    await other.open('/sign-in')
    await other.page.getByLabel('Email').fill(account.email)
    await other.page.getByLabel('Password').fill('microseconds')
    await other.page.getByRole('button', { name: 'Sign in' }).click()
    await other.page.getByText('That email and password do not belong together.').waitFor()
    await other.page.getByRole('radio', { name: 'Create account' }).check()
    await other.page.getByLabel('Name').fill('Not Grace')
    await other.page.getByRole('button', { name: 'Create account' }).click()
    await other.page.getByText('There is already an account with this email.').waitFor()
    expect(await isSignedIn(other.page)).toBe(false)
  })

  it('a chosen name stands beside new ballots and comments, for others too', async () => {
    const [poet, reader] = [await stage.person(), await stage.person()]
    const path = await askAsGuest(poet, 'Rhyme or metre?', ['Rhyme', 'Metre'])
    await reader.open(path)
    await poet.open('/profile')
    await poet.page.getByLabel('Display name').fill('Sappho')
    await poet.page.getByRole('button', { name: 'Save name' }).click()
    await poet.page.getByText('You now sign as Sappho.').waitFor()
    await poet.page.getByRole('link', { name: 'Sappho, your profile' }).waitFor()
    await poet.open(path)
    await vote(poet.page, 'Metre')
    await poet.page.getByLabel('Add a comment').fill('Neither.')
    await poet.page.getByRole('button', { name: 'Comment', exact: true }).click()
    await reader.page
      .getByRole('article')
      .filter({ hasText: 'Neither.' })
      .getByText('Sappho')
      .waitFor()
    const ballots = reader.page.getByRole('region', { name: 'Latest ballots' })
    await expect.poll(() => ballots.innerText(), patience).toMatch(/Sappho\s+Metre/)
  })

  it('a form that is not complete says what is missing, and sends nothing', async () => {
    const guest = await stage.person()
    await guest.open('/new')
    await guest.page.getByRole('button', { name: 'Publish poll' }).click()
    await guest.page.getByText('Write the question you want answered.').waitFor()
    await guest.page.getByText('Give people at least two options.').waitFor()
    await fillPoll(guest.page, 'Same twice?', ['Yes', 'yes'])
    await guest.page.getByText('This option is already there.').waitFor()
    expect(new URL(guest.page.url()).pathname).toBe('/new')
  })
})

describe('voting', () => {
  it('works with the keyboard alone', async () => {
    const [asker, voter] = [await stage.person(), await stage.person()]
    const path = await askAsGuest(asker, 'Mouse or keys?', ['Mouse', 'Keys'])
    await voter.open(path)
    await tabTo(voter, /^Vote for Keys/)
    await voter.page.keyboard.press('Enter')
    await voter.page.getByRole('dialog', { name: 'Who is voting?' }).waitFor()
    await tabTo(voter, /^Continue as a guest/)
    await voter.page.keyboard.press('Space')
    await voter.page.getByText(/Counted: ballot no\. 1, for Keys/).waitFor()
    await expect.poll(() => tally(asker.page), patience).toEqual({ Mouse: 0, Keys: 1 })
    await tabTo(voter, /^Vote for Mouse/)
    await voter.page.keyboard.press('Space')
    await expect.poll(() => tally(asker.page), patience).toEqual({ Mouse: 1, Keys: 1 })
  })

  it('too fast is told with the seconds to wait, counting down, and nothing more is counted', async () => {
    const [asker, reader] = [await stage.person(), await stage.person()]
    const path = await askAsGuest(asker, 'Five at most?', ['Yes', 'No'])
    await reader.open(path)
    for (let count = 1; count <= 5; count++) {
      await option(asker.page, 'Yes').click()
      await expect.poll(() => tally(reader.page), patience).toEqual({ Yes: count, No: 0 })
    }
    const wait = asker.page.locator('.ballot-line__wait')
    const seconds = async (): Promise<number> => parseInt(await wait.innerText(), 10)
    const first = await seconds()
    expect(first).toBeGreaterThan(20)
    expect(first).toBeLessThanOrEqual(60)
    expect(await option(asker.page, 'No').getAttribute('aria-disabled')).toBe('true')
    await option(asker.page, 'No').dispatchEvent('click')
    await expect.poll(seconds, patience).toBeLessThan(first)
    // Somebody else is not held up.
    await vote(reader.page, 'No')
    await expect.poll(() => tally(asker.page), patience).toEqual({ Yes: 5, No: 1 })
  })

  it('a poll that is not listed is open to its owner alone, until it is', async () => {
    const [asker, reader] = [await stage.person(), await stage.person()]
    const path = await askAsGuest(asker, 'A secret?', ['Yes', 'No'])
    await reader.open(path)
    await asker.page.getByRole('switch', { name: 'Listed' }).click()
    await reader.page.getByRole('heading', { name: 'This poll is not here' }).waitFor()
    await asker.page.getByRole('switch', { name: 'Listed' }).click()
    await expect.poll(() => tally(reader.page), patience).toEqual({ Yes: 0, No: 0 })
  })

  it('a poll that is removed leaves every page that shows it', async () => {
    const [asker, reader] = [await stage.person(), await stage.person()]
    const path = await askAsGuest(asker, 'Gone soon?', ['Yes', 'No'])
    await reader.open(path)
    await asker.page.getByRole('button', { name: 'Remove poll' }).click()
    await asker.page.getByRole('dialog').getByRole('button', { name: 'Remove poll' }).click()
    await asker.page.getByText('The poll is removed.').waitFor()
    await reader.page.getByRole('heading', { name: 'This poll is not here' }).waitFor()
    expect(new URL(asker.page.url()).pathname).toBe('/')
    await expect.poll(() => asker.page.getByRole('heading', { name: 'Gone soon?' }).count()).toBe(0)
  })

  it('a lost connection is shown, a ballot cast meanwhile is kept for another try', async () => {
    const [voter, reader] = [await stage.person(), await stage.person()]
    const path = await askAsGuest(voter, 'Lost?', ['Yes', 'No'])
    await reader.open(path)
    voter.allow(/ERR_INTERNET_DISCONNECTED|ERR_NETWORK/)
    await voter.context.setOffline(true)
    await option(voter.page, 'Yes').click()
    await voter.page.getByText('Your ballot did not reach us.').waitFor()
    await expect.poll(() => tally(voter.page), patience).toEqual({ Yes: 0, No: 0 })
    await voter.context.setOffline(false)
    await voter.page.getByRole('button', { name: 'Try again' }).click()
    await expect.poll(() => tally(reader.page), patience).toEqual({ Yes: 1, No: 0 })
    await expect.poll(() => tally(voter.page), patience).toEqual({ Yes: 1, No: 0 })
  })
})

describe('light and dark', () => {
  it('follows the system until one is chosen, and keeps the choice', async () => {
    const person = await stage.person({ theme: 'dark' })
    await person.open('/')
    const paper = (): Promise<string> =>
      person.page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const dark = await paper()
    await person.page.getByRole('button', { name: 'Use the light theme' }).click()
    await expect.poll(paper).not.toBe(dark)
    await person.page.reload()
    await person.page.getByRole('button', { name: 'Use the dark theme' }).waitFor()
    await expect.poll(paper).not.toBe(dark)
  })
})

/** Presses Tab until what has the focus reads like this, as somebody without a mouse does. */
async function tabTo({ page }: Person, name: RegExp): Promise<void> {
  const seen: string[] = []
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab')
    const text = await page.evaluate(() => document.activeElement?.textContent ?? '')
    if (name.test(text)) return
    seen.push(text.slice(0, 30))
  }
  throw new Error(`No Tab leads to ${name}. Met: ${seen.join(' | ')}`)
}
