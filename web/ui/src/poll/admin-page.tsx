/** The admin's page: the site banner. */
import { type FormEvent, type ReactNode, useState } from 'react'
import { signInPath } from '../account/paths.ts'
import { Button, ButtonLink } from '../base/button.tsx'
import { Switch } from '../base/choice.tsx'
import { Confirm } from '../base/dialog.tsx'
import { TextArea } from '../base/field.tsx'
import { useTitle } from '../base/shell.tsx'
import { EmptyState, Notice, Skeleton } from '../base/surfaces.tsx'
import { TimeAgo } from '../base/time-ago.tsx'
import { useAttempt, useBackend, useSentence } from './backend.tsx'
import { messageCharsMax } from './banner-draft.ts'
import { isAdmin } from './people.ts'
import type { BannerRow } from './port.ts'
import { routes } from './routes.ts'
import { siteName } from './site.ts'
import { type BannerForm, useBannerForm } from './use-banner-form.ts'

export function AdminPage(): ReactNode {
  useTitle('Admin', siteName)
  const { useSession, useBanner } = useBackend()
  const { user, isLoading } = useSession()
  const { data: row } = useBanner()
  if (!user && isLoading) return <LoadingAdmin />
  if (!isAdmin(user)) return <NotAdmin signedIn={user !== null} />
  if (row === undefined) return <LoadingAdmin />
  return (
    <div className="narrow">
      <h1 className="page-title" tabIndex={-1}>
        Site banner
      </h1>
      <p className="lede">One message above every page, for everyone, at once.</p>
      <BannerEditor row={row} />
    </div>
  )
}

function BannerEditor({ row }: { readonly row: BannerRow | null }): ReactNode {
  const form = useBannerForm(row)
  return (
    <form
      className="sheet sheet--padded stack"
      noValidate
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        form.save()
      }}
    >
      <p className="quiet">
        <BannerState row={row} />
      </p>
      <TextArea
        label="Message"
        limit={messageCharsMax}
        rows={3}
        value={form.value.message}
        error={form.error}
        readOnly={form.busy}
        onChange={(event) => form.setMessage(event.target.value)}
      />
      <Switch
        label="Show it"
        hint="Off keeps the message without showing it."
        checked={form.value.active}
        disabled={form.busy}
        onChange={form.setActive}
      />
      <Overtaken form={form} />
      <EditorActions row={row} form={form} />
    </form>
  )
}

function BannerState({ row }: { readonly row: BannerRow | null }): ReactNode {
  if (!row) return 'There is no banner at the moment.'
  if (row.updatedAt === undefined) return 'Saving the banner.'
  return (
    <>
      {row.active ? 'Shown to everyone' : 'Saved, not shown'}. Last saved{' '}
      <TimeAgo atMs={row.updatedAt} />.
    </>
  )
}

function Overtaken({ form }: { readonly form: BannerForm }): ReactNode {
  const { overtaken } = form
  if (!overtaken) return null
  return (
    <Notice
      look="error"
      role="alert"
      actions={
        <>
          <Button look="line" size="small" onClick={form.takeTheirs}>
            {overtaken === 'cleared' ? 'Leave it cleared' : 'Take theirs'}
          </Button>
          <Button look="line" size="small" onClick={form.keepMine}>
            Keep mine
          </Button>
        </>
      }
    >
      {overtaken === 'cleared'
        ? 'Somebody else cleared the banner while you were editing.'
        : `Somebody else saved while you were editing: “${overtaken.message}” (${overtaken.active ? 'shown' : 'not shown'}).`}
    </Notice>
  )
}

interface EditorActionsProps {
  readonly row: BannerRow | null
  readonly form: BannerForm
}

function EditorActions({ row, form }: EditorActionsProps): ReactNode {
  const banner = useBackend().useBanner()
  const attempt = useAttempt()
  const sentence = useSentence()
  const [asking, setAsking] = useState(false)
  return (
    <div className="editor-actions">
      <Button type="submit" busy={form.busy}>
        Save banner
      </Button>
      {row ? (
        <Button look="line" onClick={() => setAsking(true)}>
          Clear
        </Button>
      ) : (
        <Button
          look="line"
          onClick={() =>
            void attempt({
              doing: 'banner',
              run: async () => {
                await banner.restore()
                form.takeTheirs()
              },
              done: 'The banner is back.',
            })
          }
        >
          Restore the last one
        </Button>
      )}
      <Confirm
        open={asking}
        title="Clear the banner?"
        action="Clear banner"
        danger
        onConfirm={async () => {
          await banner.remove()
          form.takeTheirs()
        }}
        onClose={() => setAsking(false)}
        sentenceOf={(error) => sentence(error, 'banner')}
      >
        It disappears from every page, at once. You can restore it afterwards.
      </Confirm>
    </div>
  )
}

function NotAdmin({ signedIn }: { readonly signedIn: boolean }): ReactNode {
  return (
    <EmptyState
      level="page"
      title="This page is for admins"
      action={
        signedIn ? (
          <ButtonLink href={routes.home}>See all polls</ButtonLink>
        ) : (
          <ButtonLink href={signInPath(routes.admin)}>Sign in</ButtonLink>
        )
      }
    >
      {signedIn
        ? 'Your account does not have the admin role. Whoever runs this site can give it to you.'
        : 'Sign in with an admin’s account to look after the site.'}
    </EmptyState>
  )
}

function LoadingAdmin(): ReactNode {
  return (
    <section className="narrow" aria-busy="true" aria-labelledby="loading-admin">
      <h1 className="sr-only" id="loading-admin">
        Loading
      </h1>
      <Skeleton width="14rem" height="2.4rem" />
      <Skeleton height="22rem" />
    </section>
  )
}
