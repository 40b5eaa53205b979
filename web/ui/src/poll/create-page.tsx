/** Writing a poll, with the ballot it will become beside it. */
import { Plus, X } from 'lucide-react'
import { type ReactNode, type RefObject, useEffect, useRef } from 'react'
import { Button } from '../base/button.tsx'
import { Select, TextArea, TextField } from '../base/field.tsx'
import { useTitle } from '../base/shell.tsx'
import { useBackend } from './backend.tsx'
import { type Closing, draftLimits } from './draft.ts'
import { siteName } from './site.ts'
import { type DraftForm, useDraftForm } from './use-draft-form.ts'

export function CreatePage(): ReactNode {
  useTitle('New poll', siteName)
  const formRef = useRef<HTMLFormElement>(null)
  const form = useDraftForm(formRef)
  return (
    <div className="create">
      <form ref={formRef} className="create__form" noValidate onSubmit={form.submit}>
        <h1 className="page-title" tabIndex={-1}>
          Ask a question
        </h1>
        <TextArea
          label="Question"
          name="question"
          rows={2}
          placeholder="What should we decide?"
          limit={draftLimits.questionChars}
          value={form.draft.question}
          error={form.errors?.question}
          onChange={(event) => form.setQuestion(event.target.value)}
        />
        <OptionFields form={form} formRef={formRef} />
        <Visibility form={form} />
        <Select
          label="Closes"
          value={form.draft.closing}
          onChange={(event) => form.setClosing(event.target.value as Closing)}
        >
          <option value="never">When I close it</option>
          <option value="hour">In an hour</option>
          <option value="day">In a day</option>
          <option value="week">In a week</option>
        </Select>
        <div className="create__submit">
          <Button type="submit" busy={form.busy}>
            Publish poll
          </Button>
        </div>
      </form>
      <DraftBallot form={form} />
    </div>
  )
}

interface OptionFieldsProps {
  readonly form: DraftForm
  readonly formRef: RefObject<HTMLFormElement | null>
}

function OptionFields({ form, formRef }: OptionFieldsProps): ReactNode {
  const { options } = form.draft
  const wanted = useRef<number | undefined>(undefined)
  useEffect(() => {
    // A new option takes the focus; a removed one gives it to its neighbour.
    if (wanted.current === undefined) return
    formRef.current?.querySelectorAll<HTMLInputElement>('[name=option]')[wanted.current]?.focus()
    wanted.current = undefined
  }, [options.length, formRef])
  const add = (): void => {
    wanted.current = options.length
    form.addOption()
  }
  return (
    <fieldset className="options-field">
      <legend className="field__label">Options</legend>
      {form.errors?.options && <p className="field__error">{form.errors.options}</p>}
      {options.map((option, index) => (
        <div key={option.key} className="option-field">
          <TextField
            label={`Option ${index + 1}`}
            labelHidden
            name="option"
            placeholder={`Option ${index + 1}`}
            autoComplete="off"
            value={option.text}
            error={form.errors?.byOption.get(option.key)}
            onChange={(event) => form.setOption(option.key, event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || event.nativeEvent.isComposing) return
              event.preventDefault()
              if (index === options.length - 1) add()
              else nextOption(event.currentTarget)?.focus()
            }}
          />
          {options.length > draftLimits.optionsMin && (
            <Button
              look="plain"
              icon
              aria-label={`Remove option ${index + 1}`}
              onClick={() => {
                wanted.current = Math.max(0, index - 1)
                form.removeOption(option.key)
              }}
            >
              <X size={18} aria-hidden="true" />
            </Button>
          )}
        </div>
      ))}
      {options.length < draftLimits.optionsMax ? (
        <Button look="plain" className="options-field__add" onClick={add}>
          <Plus size={18} aria-hidden="true" />
          Add an option
        </Button>
      ) : (
        <p className="field__hint">A ballot holds {draftLimits.optionsMax} options at most.</p>
      )}
    </fieldset>
  )
}

function nextOption(input: HTMLInputElement): HTMLInputElement | undefined {
  const all = [...(input.form?.querySelectorAll<HTMLInputElement>('[name=option]') ?? [])]
  return all[all.indexOf(input) + 1]
}

function Visibility({ form }: { readonly form: DraftForm }): ReactNode {
  const { unlisted } = useBackend()
  const choices = [
    { isPublic: true, label: 'Listed', about: 'Everyone finds it on the first page.' },
    {
      isPublic: false,
      label: unlisted === 'link' ? 'Link only' : 'Only me for now',
      about:
        unlisted === 'link'
          ? 'Only people with the link find it.'
          : 'Nobody else can open it until you list it.',
    },
  ]
  return (
    <fieldset className="options-field">
      <legend className="field__label">Who finds it</legend>
      <div className="choice-cards">
        {choices.map((choice) => (
          <label key={choice.label} className="choice-card">
            <input
              type="radio"
              name="visibility"
              checked={form.draft.isPublic === choice.isPublic}
              onChange={() => form.setPublic(choice.isPublic)}
            />
            <span className="choice-card__label">{choice.label}</span>
            <span className="choice-card__about">{choice.about}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

function DraftBallot({ form }: { readonly form: DraftForm }): ReactNode {
  const { question, options } = form.draft
  return (
    <div className="create__preview" aria-hidden="true">
      <div className="sheet draft-ballot">
        <p
          className={question.trim() ? 'draft-ballot__question' : 'draft-ballot__question is-blank'}
        >
          {question.trim() || 'Your question'}
        </p>
        {options.map((option, index) => (
          <div
            key={option.key}
            className={option.text.trim() ? 'draft-option' : 'draft-option is-blank'}
          >
            <i />
            {option.text.trim() || `Option ${index + 1}`}
          </div>
        ))}
      </div>
      <p className="quiet">This is the ballot people will get.</p>
    </div>
  )
}
