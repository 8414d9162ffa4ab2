-- What was asked of finance for other streets is not a street's to see.
drop policy reads on fund_request_part;
create policy reads on fund_request_part for select using (in_city() or of_street(street_code) or exists (
  select from disbursement d where d.disbursement_id = fund_request_part.disbursement_id and of_agency(d.agency_code)));
