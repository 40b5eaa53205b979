/** Modal dialogs on the native <dialog>, which keeps focus inside and gives it back on closing. */
import { X } from 'lucide-react'
import { type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { Button } from './button.tsx'
import { Notice } from './surfaces.tsx'

export interface DialogProps {
  readonly open: boolean
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
}

export function Dialog({ open, title, onClose, children }: DialogProps): ReactNode {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const dialog = ref.current
    if (!dialog) return
    if (open && !dialog.open) dialog.showModal()
    if (!open && dialog.open) dialog.close()
  }, [open])
  return (
    <dialog
      ref={ref}
      className="dialog"
      aria-labelledby={id}
      // The browser says so for every close; ours, once `open` is false, are no news to the caller.
      onClose={() => {
        if (open) onClose()
      }}
      onPointerDown={(event) => {
        if (event.target === ref.current && isOutside(event, ref.current)) onClose()
      }}
    >
      {open && (
        <>
          <div className="dialog__head">
            <h2 className="dialog__title" id={id}>
              {title}
            </h2>
            <Button
              look="plain"
              icon
              className="dialog__close"
              aria-label="Close"
              onClick={onClose}
            >
              <X size={20} aria-hidden="true" />
            </Button>
          </div>
          {children}
        </>
      )}
    </dialog>
  )
}

export interface ConfirmProps {
  readonly open: boolean
  readonly title: string
  /** What will happen, and whether it can be undone. */
  readonly children: ReactNode
  /** Names the act, e.g. "Remove poll". */
  readonly action: string
  readonly danger?: boolean
  /** Resolves when done (the dialog closes) or rejects (the dialog shows why). */
  readonly onConfirm: () => Promise<unknown>
  readonly onClose: () => void
  /** Turns a rejection into a sentence. */
  readonly sentenceOf: (error: unknown) => string
}

export function Confirm(props: ConfirmProps): ReactNode {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  const close = (): void => {
    setProblem(undefined)
    props.onClose()
  }
  const confirm = async (): Promise<void> => {
    setBusy(true)
    setProblem(undefined)
    try {
      await props.onConfirm()
      close()
    } catch (error) {
      setProblem(props.sentenceOf(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog open={props.open} title={props.title} onClose={close}>
      <p>{props.children}</p>
      {problem && (
        <Notice look="error" role="alert">
          {problem}
        </Notice>
      )}
      <div className="dialog__actions">
        <Button look="plain" onClick={close}>
          Keep it as it is
        </Button>
        <Button look={props.danger ? 'danger' : 'solid'} busy={busy} onClick={() => void confirm()}>
          {props.action}
        </Button>
      </div>
    </Dialog>
  )
}

function isOutside(
  point: { readonly clientX: number; readonly clientY: number },
  element: HTMLElement,
): boolean {
  const box = element.getBoundingClientRect()
  return (
    point.clientX < box.left ||
    point.clientX > box.right ||
    point.clientY < box.top ||
    point.clientY > box.bottom
  )
}
