/** A command line that cannot be carried out as written. Ends with exit code 2, before any work was done. */
export class UsageError extends Error {
  readonly nextStep: string;
  constructor(message: string, nextStep: string) {
    super(message);
    this.name = 'UsageError';
    this.nextStep = nextStep;
  }
}
