/** Words that begin sentences, name fields or are capitalised by habit, and that the lexicon of compromise does not know: English, German, French, Spanish, Italian, Portuguese. */
export const everydayWords: ReadonlySet<string> = new Set(
  `
  deutschland österreich schweiz frankreich spanien italien griechenland niederlande belgien polen england schottland irland europa amerika allemagne autriche suisse france espagne italie angleterre écosse europe alemania francia españa inglaterra suiza germania spagna inghilterra alemanha frança espanha itália inglaterra
  hi hello hey dear hola hallo bonjour ciao olá oi thanks thank regards sincerely cheers please kindly quick question context below note notes reminder subject re fwd from to cc bcc
  ticket requester issue agent order invoice tracking status update reference account number routing iban bic  name surname first last middle maiden full address street city town state zip postcode postal code country
  phone mobile cell tel fax email e-mail mail contact contacts emergency date dob birth born age sex gender id ids passport licence license ssn nhs ni gp nie nif dni cf cpf cnpj pan aadhaar kyc gdpr hr cv vat pin otp api url ip mac vpn nic dns
  patient patients doctor dr mr mrs ms miss prof sir madam employee employer applicant candidate customer client tenant landlord guest visitor member user users admin owner holder cardholder policyholder policy insured insurer insurance claim
  referral diagnosis allergies plan admitted discharge letter report record records school teacher parents parent student pupil class grade therapy journal obituary contract agreement between party parties witness
  server inventory device host router firmware kernel build version release router gateway cluster node service request response error warning info debug log commit branch merge bump git docker kubernetes linux windows macos android ios python java javascript typescript  rust go golang perl php sql json xml yaml html css csv pdf excel
  select insert update delete into values where from group by create table drop alter join inner outer left right and or not null true false def class return import function const let var self assert user string int integer float boolean char void public private static new this throw try catch
  write draft summarize summarise translate explain rewrite shorten format resume fill list compare dedupe generate make create tell turn give show help convert extract fix check verify review describe find crawl open rename solve classify pretty-print
  monday tuesday wednesday thursday friday saturday sunday january february march    july  september october november december
  english german french spanish italian portuguese chinese japanese russian dutch polish turkish arabic hindi european american british indian
  the a an this that these those it its i you he she we they my your his her our their who what when where why how which if then else there here is are was were be been has have had do does did will would can could should  might must
  company bank hospital clinic university college department office team group project meeting call section chapter page table figure appendix item total amount price tax fee payment refund transfer deposit salary rent due
  driver passenger traveller travellers traveler travelers flight hotel booking reservation parcel delivery return label shipping billing card credit debit chargeback reason
  google microsoft amazon apple facebook meta twitter openai anthropic github gitlab slack stripe jira confluence linkedin whatsapp instagram youtube netflix spotify tesla bosch kindle  siri   bmw audi toyota  honda samsung sony nokia intel nvidia oracle ibm sap
      maven apache nginx redis kafka postgres postgresql mysql mongodb mongo elasticsearch hadoop spark airflow ansible terraform vagrant puppet chef kotlin  scala haskell elixir erlang clojure django flask rails laravel symfony spring angular react vue svelte node npm yarn webpack babel eslint jest vitest selenium cypress lambda     pascal fortran cobol lua  gradle eclipse visual studio code android chrome firefox safari edge ubuntu debian fedora
  mri ct ecg ekg icu er bmi hba1c covid aids hiv dna rna aspirin penicillin ibuprofen paracetamol insulin metformin troponin glucose
  ceo cfo cto coo vp md phd esq jr sr
  herr frau sehr geehrte geehrter liebe lieber guten tag morgen bitte danke gruß grüße patient patientin kunde kundin mitarbeiter mitarbeiterin mieter vermieter kündigung überweisung rechnung bestellung betrag konto kontonummer bankverbindung kreditkarte steuer steuer-id steueridentifikationsnummer steuernummer sozialversicherungsnummer
  geburtsdatum geburtsort adresse anschrift telefon telefonnummer handy handynummer ehefrau ehemann mann sohn tochter mutter vater bruder schwester kontakt schreibe schreiben prüfe prüfen erkläre übersetze fasse formuliere arztbrief brief vertrag antrag bewerbung lebenslauf termin stationär aufgenommen wurde ich du er sie es wir ihr mein meine dein deine der die das den dem des ein eine einen einem einer
  und oder aber nicht mit von vom zu zum zur für auf an am im in aus bei nach seit wohnhaft wohnt geboren geb nummer name vorname nachname straße firma arzt ärztin krankenhaus klinik versicherung januar februar märz   juni juli  september oktober november dezember montag dienstag mittwoch donnerstag freitag samstag sonntag
  monsieur madame mademoiselle mme mlle cher chère merci client cliente patiente commande facture numéro adresse téléphone courriel né née nom prénom date naissance résume résumez rédige rédigez traduis traduisez explique expliquez erreur serveur sécurité sociale carte compte virement dossier je tu il elle nous vous ils elles mon ma mes ton ta tes son sa ses
  le la les un une des du de et ou mais avec pour dans sur chez rue janvier février  avril  juin juillet août septembre octobre novembre décembre lundi mardi mercredi jeudi vendredi samedi dimanche
  señor señora señorita don doña estimado estimada gracias paciente cliente pedido factura número dirección teléfono correo nombre apellido apellidos fecha nacimiento nacido nacida ingresó resume escribe traduce explica tarjeta cuenta banco contacto yo tú él ella nosotros mi mis tu tus su sus el la los las un una unos unas
  y o pero con por para en de del al calle enero febrero   mayo junio   septiembre octubre noviembre diciembre lunes martes miércoles jueves viernes sábado domingo
  signor signora signorina dottor dottoressa gentile egregio grazie ordine fattura numero indirizzo telefono nome cognome nato nata residente io lui lei noi voi loro il lo gli uno con per gennaio febbraio  aprile maggio giugno   settembre ottobre novembre dicembre
  senhor senhora prezado prezada obrigado obrigada pedido endereço telefone celular nascido nascida moro eu ele ela nós eles  fevereiro março  maio junho julho  setembro outubro novembro dezembro
  `
    .split(/\s+/u)
    .filter((word) => word !== ''),
);

/** Names of people that are products, months or virtues as well: alone they are nobody. */
export const ambiguousNames: ReadonlySet<string> = new Set(
  'ada abril agosto alexa apollo april august athena cassandra cortana crystal ford grace hermes hope jasper jenkins joy julia julio june mai mark mars marzo mercedes may melody rose ruby swift victoria will bill frank art chase drew grant jack rob sue pat dean amber dawn faith chip rich miles carol ivy iris jan daisy lily olive pearl summer autumn'.split(
    ' ',
  ),
);
