export function configurationPage(tables: {
  readonly settingNames: readonly string[];
  readonly settings: object;
  readonly fileKey: (name: never) => string;
}): string;
/** `page` with what stands between the marks replaced by the table of options. */
export function withOptions(page: string, options: readonly object[]): string;
export function errorsPage(tables: { readonly errorCodes: readonly string[]; readonly errorTable: object }): string;
