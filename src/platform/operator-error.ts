// The base of errors that whoever runs the service can mend.

/**
 * Its message is printed as it is: one line, Chinese and then English (`中文 · English`), behind the name of the
 * variable, option or file that it is about.
 */
export class OperatorError extends Error {
  override readonly name: string = 'OperatorError';
}
