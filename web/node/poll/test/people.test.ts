import { describe, expect, it } from 'vitest'
import { useServer } from '@noboil/web-node-shared/test/server'
import { patience, type Person } from '@noboil/web-testing/stage'
import { askAsGuest, fillPoll, option, tally } from '@noboil/web-testing/poll'
import { accountCases, ballotCases } from '@noboil/web-testing/poll-cases'

const stage = useServer()

accountCases(stage)
ballotCases(stage)

describe('asking', () => {
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
    await expect.poll(paper, patience).not.toBe(dark)
    await person.page.reload()
    await person.page.getByRole('button', { name: 'Use the dark theme' }).waitFor()
    await expect.poll(paper, patience).not.toBe(dark)
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
