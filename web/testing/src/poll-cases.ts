/**
 * What holds of the poll app in front of people, whichever host is behind it.
 */
import { describe, expect, it } from 'vitest'
import { askAsGuest, isSignedIn, option, overflowPx, signIn, signUp, tally, vote } from './poll.ts'
import { socketOf, type Wire } from './socket.ts'
import { patience, refusal, type Stage } from './stage.ts'

/** Registers the tests; to be called once per file, beside the stage. */
export function liveCases(stage: Stage): void {
  describe('live between two browsers', () => {
    it('a vote in one moves the tally in the other, on the poll and on the list', async () => {
      const [asker, voter, reader] = [
        await stage.person(),
        await stage.person(),
        await stage.person(),
      ]
      const path = await askAsGuest(asker, 'Which tea for the kettle?', ['Assam', 'Sencha'])
      await voter.open(path)
      await reader.open('/')
      const card = reader.page.getByRole('link').filter({ hasText: 'Which tea for the kettle?' })
      await card.getByText('No ballots yet').waitFor()
      await vote(voter.page, 'Sencha')
      await expect.poll(() => tally(asker.page), patience).toEqual({ Assam: 0, Sencha: 1 })
      await expect.poll(() => tally(voter.page), patience).toEqual({ Assam: 0, Sencha: 1 })
      await expect.poll(() => card.innerText(), patience).toMatch(/Sencha\s+1\s+ballot\b/)
      await vote(asker.page, 'Assam')
      await expect.poll(() => tally(voter.page), patience).toEqual({ Assam: 1, Sencha: 1 })
      await expect.poll(() => card.innerText(), patience).toMatch(/2 options are level/)
    })

    it('a new poll and a new comment appear in the other without a reload', async () => {
      const [asker, reader] = [await stage.person(), await stage.person()]
      await reader.open('/')
      const path = await askAsGuest(asker, 'Blinds or curtains?', ['Blinds', 'Curtains'])
      await reader.page.getByRole('heading', { name: 'Blinds or curtains?' }).click()
      await expect.poll(() => new URL(reader.page.url()).pathname, patience).toBe(path)
      await asker.page.getByLabel('Add a comment').fill('Blinds let in the morning.')
      await asker.page.getByRole('button', { name: 'Comment', exact: true }).click()
      await reader.page.getByText('Blinds let in the morning.').waitFor()
      const box = asker.page.getByLabel('Add a comment')
      await expect.poll(() => box.inputValue(), patience).toBe('')
    })
  })
}

/** What an admin does, and everybody sees. */
export function adminCases(stage: Stage): void {
  describe('what an admin does', () => {
    it('the banner that an admin sets is shown to everyone at once, changes, and goes', async () => {
      const [admin, guest] = [await stage.person(), await stage.person({ widthPx: 390 })]
      await signIn(admin.page, stage.server.admin)
      await guest.open('/')
      await admin.open('/admin')
      const banner = guest.page.getByRole('region', { name: 'Site notice' })
      await admin.page.getByLabel('Message').fill('Counting ends at six.')
      const shown = admin.page.getByRole('switch', { name: 'Show it' })
      if ((await shown.getAttribute('aria-checked')) === 'false') await shown.click()
      await admin.page.getByRole('button', { name: 'Save banner' }).click()
      await banner.getByText('Counting ends at six.').waitFor()
      expect(await overflowPx(guest.page)).toBe(0)
      await admin.page.getByLabel('Message').fill('Counting ends at seven.')
      await admin.page.getByRole('button', { name: 'Save banner' }).click()
      await banner.getByText('Counting ends at seven.').waitFor()
      await admin.page.getByRole('button', { name: 'Clear' }).click()
      await admin.page.getByRole('button', { name: 'Clear banner' }).click()
      await banner.waitFor({ state: 'detached' })
      await admin.page.getByText('There is no banner at the moment.').waitFor()
    })

    it('an admin empties the box and puts the ballots back, for everyone', async () => {
      const [admin, asker] = [await stage.person(), await stage.person()]
      const path = await askAsGuest(asker, 'Where to next?', ['Sea', 'Hills'])
      await vote(asker.page, 'Sea')
      await signIn(admin.page, stage.server.admin)
      await admin.open(path)
      await expect.poll(() => tally(admin.page), patience).toEqual({ Sea: 1, Hills: 0 })
      await vote(admin.page, 'Hills')
      await admin.page.getByRole('button', { name: 'Empty the box' }).click()
      await admin.page.getByRole('dialog').getByRole('button', { name: 'Empty the box' }).click()
      await expect.poll(() => tally(asker.page), patience).toEqual({ Sea: 0, Hills: 0 })
      await asker.page.getByText('The box is empty. Yours could be the first.').waitFor()
      await admin.page.getByText('2 ballots taken out.').waitFor()
      await admin.page.getByRole('button', { name: 'Put ballots back' }).click()
      await admin.page.getByText('2 ballots put back.').waitFor()
      await expect.poll(() => tally(asker.page), patience).toEqual({ Sea: 1, Hills: 1 })
    })
  })
}

/** Who one is: accounts, guests and chosen names. */
export function accountCases(stage: Stage): void {
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
      other.allow(refusal)
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
  })
}

/** What a ballot may and may not. */
export function ballotCases(stage: Stage): void {
  describe('ballots and polls', () => {
    it('too fast is told with the seconds to wait, counting down, and nothing more is counted', async () => {
      const [asker, reader] = [await stage.person(), await stage.person()]
      const path = await askAsGuest(asker, 'Five at most?', ['Yes', 'No'])
      await reader.open(path)
      for (let count = 1; count <= 5; count++) {
        await option(asker.page, 'Yes').click()
        await expect.poll(() => tally(reader.page), patience).toEqual({ Yes: count, No: 0 })
        // A press while the last ballot is on its way is none, and others may see that one first.
        if (count < 5) await asker.page.getByText(`Counted: ballot no. ${count}, for Yes`).waitFor()
      }
      const wait = asker.page.locator('.ballot-line__wait')
      const seconds = async (): Promise<number> => parseInt(await wait.innerText(), 10)
      const first = await seconds()
      expect(first).toBeGreaterThan(20)
      expect(first).toBeLessThanOrEqual(60)
      const other = option(asker.page, 'No')
      await expect.poll(() => other.getAttribute('aria-disabled'), patience).toBe('true')
      await other.dispatchEvent('click')
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
      await expect.poll(() => new URL(asker.page.url()).pathname, patience).toBe('/')
      const gone = asker.page.getByRole('heading', { name: 'Gone soon?' })
      await expect.poll(() => gone.count(), patience).toBe(0)
    })
  })
}

/** What is refused when it arrives. `append`: how ballots are called on the wire. */
export function lateCases(stage: Stage, wire: Wire, append: string): void {
  describe('what comes too late', () => {
    it('a ballot that meets a poll closed meanwhile is shown, taken back, and explained', async () => {
      const [asker, voter] = [await stage.person(), await stage.person()]
      const socket = await socketOf(voter, wire)
      const path = await askAsGuest(asker, 'Still open?', ['Yes', 'No'])
      await voter.open(path)
      await vote(voter.page, 'Yes')
      await expect.poll(() => tally(asker.page), patience).toEqual({ Yes: 1, No: 0 })
      const release = socket.hold(append)
      await option(voter.page, 'No').click()
      await expect.poll(() => tally(voter.page), patience).toEqual({ Yes: 1, No: 1 })
      expect(await tally(asker.page)).toEqual({ Yes: 1, No: 0 })
      await asker.page.getByRole('button', { name: 'Close poll' }).click()
      await asker.page.getByRole('dialog').getByRole('button', { name: 'Close poll' }).click()
      await voter.page.getByText('This poll is closed. What you see is the result.').waitFor()
      voter.allow(refusal)
      release()
      await voter.page.getByText('This poll does not take your vote.').waitFor()
      for (const each of [voter, asker])
        await expect.poll(() => tally(each.page), patience).toEqual({ Yes: 1, No: 0 })
    })
  })
}

export function connectionCases(stage: Stage, wire: Wire): void {
  describe('when the connection goes', () => {
    it('the page says so, comes back by itself, and shows what happened meanwhile', async () => {
      const [one, two] = [await stage.person(), await stage.person()]
      const socket = await socketOf(two, wire)
      const path = await askAsGuest(one, 'Back again?', ['Of course', 'Hardly'])
      await two.open(path)
      await vote(two.page, 'Hardly')
      await expect.poll(() => tally(one.page), patience).toEqual({ 'Of course': 0, Hardly: 1 })
      const mend = await socket.cut()
      await two.page.getByText('Offline. Reconnecting…').waitFor()
      await vote(one.page, 'Of course')
      expect(await tally(two.page)).toEqual({ 'Of course': 0, Hardly: 1 })
      mend()
      await two.page.getByText('Live', { exact: true }).waitFor()
      await expect.poll(() => tally(two.page), patience).toEqual({ 'Of course': 1, Hardly: 1 })
      await vote(two.page, 'Of course')
      for (const each of [one, two])
        await expect.poll(() => tally(each.page), patience).toEqual({ 'Of course': 2, Hardly: 1 })
    })

    it('a ballot cast meanwhile is counted once, when the connection is back', async () => {
      const [voter, reader] = [await stage.person(), await stage.person()]
      const socket = await socketOf(voter, wire)
      const path = await askAsGuest(voter, 'Lost?', ['Yes', 'No'])
      await reader.open(path)
      const mend = await socket.cut()
      await voter.page.getByText('Offline. Reconnecting…').waitFor()
      await option(voter.page, 'Yes').click()
      await expect.poll(() => tally(voter.page), patience).toEqual({ Yes: 1, No: 0 })
      expect(await tally(reader.page)).toEqual({ Yes: 0, No: 0 })
      mend()
      await voter.page.getByText(/Counted: ballot no\. 1, for Yes/).waitFor()
      for (const each of [voter, reader])
        await expect.poll(() => tally(each.page), patience).toEqual({ Yes: 1, No: 0 })
    })
  })
}

export function phoneCases(stage: Stage): void {
  describe('at 390 px', () => {
    it('no screen is wider than the window', async () => {
      const small = await stage.person({ widthPx: 390, theme: 'dark' })
      await askAsGuest(small, 'A question long enough to need a second line on a phone?', [
        'A',
        'B',
      ])
      expect(await overflowPx(small.page)).toBe(0)
      for (const screen of ['/', '/new', '/profile', '/sign-in', '/admin', '/nowhere']) {
        await small.open(screen)
        expect(await overflowPx(small.page), screen).toBe(0)
      }
    })
  })
}
