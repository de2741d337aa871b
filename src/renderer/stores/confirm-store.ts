import { create } from 'zustand';

export interface Question {
  readonly title: string;
  readonly body: string;
  /** What the button that goes ahead says. */
  readonly confirm: string;
}

interface ConfirmState {
  readonly question: Question | null;
  readonly answer: (goAhead: boolean) => void;
}

export const useConfirm = create<ConfirmState>(() => ({ question: null, answer: () => undefined }));

/** Asks before something that cannot be taken back. A second question answers the first with no. */
export function askConfirmation(question: Question): Promise<boolean> {
  useConfirm.getState().answer(false);
  return new Promise((resolve) => {
    useConfirm.setState({
      question,
      answer: (goAhead) => {
        useConfirm.setState({ question: null, answer: () => undefined });
        resolve(goAhead);
      },
    });
  });
}
