import { AlertDialog } from 'radix-ui';
import { Button } from '../controls/button.tsx';
import { useConfirm } from '../stores/confirm-store.ts';
import { text } from '../text/en.ts';

/** The question that is open, if any. */
export function ConfirmDialog() {
  const { question, answer } = useConfirm();
  if (question === null) return null;
  return (
    <AlertDialog.Root open onOpenChange={(open) => !open && answer(false)}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="fade-in fixed inset-0 z-50 bg-veil" />
        <AlertDialog.Content className="rise-in fixed inset-0 z-50 m-auto h-fit w-[calc(100vw-2rem)] max-w-sm rounded-lg border border-line bg-raised p-5 shadow-3">
          <AlertDialog.Title className="text-lg font-semibold">{question.title}</AlertDialog.Title>
          <AlertDialog.Description className="mt-1 text-ink-2">{question.body}</AlertDialog.Description>
          <div className="mt-5 flex justify-end gap-2">
            <AlertDialog.Cancel asChild>
              <Button>{text.common.cancel}</Button>
            </AlertDialog.Cancel>
            <AlertDialog.Action asChild onClick={() => answer(true)}>
              <Button look="danger">{question.confirm}</Button>
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
