export function configurationPage(tables: {
  readonly settingNames: readonly string[];
  readonly settings: object;
  readonly fileKey: (name: never) => string;
}): string;
export function errorsPage(tables: { readonly errorCodes: readonly string[]; readonly errorTable: object }): string;
