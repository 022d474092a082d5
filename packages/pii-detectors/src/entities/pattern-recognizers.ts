import type { CountryCode } from 'libphonenumber-js';
import type { Recognizer } from './recognizer.ts';
import { abaRoutingNumbers } from './recognizers/aba-routing-number.ts';
import { auAbns } from './recognizers/au-abn.ts';
import { auMedicares } from './recognizers/au-medicare.ts';
import { auTfns } from './recognizers/au-tfn.ts';
import { brCnpjs } from './recognizers/br-cnpj.ts';
import { brCpfs } from './recognizers/br-cpf.ts';
import { caSins } from './recognizers/ca-sin.ts';
import { creditCards } from './recognizers/credit-card.ts';
import { cryptoAddresses } from './recognizers/crypto.ts';
import { dates } from './recognizers/date.ts';
import { deTaxIds } from './recognizers/de-tax-id.ts';
import { emails } from './recognizers/email.ts';
import { esNies, esNifs } from './recognizers/es-nif.ts';
import { frNirs } from './recognizers/fr-nir.ts';
import { ibans } from './recognizers/iban.ts';
import { inAadhaars } from './recognizers/in-aadhaar.ts';
import { inPans } from './recognizers/in-pan.ts';
import { ipAddresses } from './recognizers/ip-address.ts';
import { itFiscalCodes } from './recognizers/it-fiscal-code.ts';
import { macAddresses } from './recognizers/mac-address.ts';
import { phoneRecognizer } from './recognizers/phone.ts';
import { secrets } from './recognizers/secret.ts';
import { streetAddresses } from './recognizers/street-address.ts';
import { ukNhsNumbers } from './recognizers/uk-nhs.ts';
import { ukNinos } from './recognizers/uk-nino.ts';
import { urls } from './recognizers/url.ts';
import { usBankNumbers } from './recognizers/us-bank-number.ts';
import { usDriverLicenses } from './recognizers/us-driver-license.ts';
import { usItins } from './recognizers/us-itin.ts';
import { usPassports } from './recognizers/us-passport.ts';
import { usSsns } from './recognizers/us-ssn.ts';

/** What is found by its form. Of two findings of one score and length in one place, that of the first in this list counts. */
const listed: readonly Recognizer[] = [
  urls,
  emails,
  secrets,
  ibans,
  creditCards,
  cryptoAddresses,
  itFiscalCodes,
  frNirs,
  usSsns,
  usItins,
  ukNhsNumbers,
  ukNinos,
  deTaxIds,
  esNifs,
  esNies,
  inAadhaars,
  inPans,
  brCpfs,
  brCnpjs,
  auTfns,
  auAbns,
  auMedicares,
  caSins,
  abaRoutingNumbers,
  usPassports,
  usDriverLicenses,
  usBankNumbers,
  ipAddresses,
  macAddresses,
  dates,
  streetAddresses,
];

/** @param phoneRegions whose national forms of phone numbers are tried: ISO 3166 codes of countries; by default those of eight */
export function createPatternRecognizers(phoneRegions?: readonly CountryCode[]): readonly Recognizer[] {
  return [...listed, phoneRecognizer(phoneRegions)];
}
