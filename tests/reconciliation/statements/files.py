"""Invented statements in the shapes that banks give them, as bytes."""

import io
import zipfile
from xml.sax.saxutils import escape

HDFC_CSV = """\
HDFC BANK Ltd.,,,,,,
Account No : 50100012341234,,,,,,
*****,*****,****,****,****,****,****
Date,Narration,Chq./Ref.No.,Value Dt,Withdrawal Amt.,Deposit Amt.,Closing Balance
01/09/26,UPI-A KUMAR-PAYER@OKAXIS-SBIN0001234-624412345678-ORDER PG7K,0000624412345678,01/09/26,,99.01,"1,099.01"
01/09/26,UPI-ASHA-R-ASHA@YBL-HDFC0000001-024412345670-,0000024412345670,01/09/26,,"1,500.00","2,599.01"
Date,Narration,Chq./Ref.No.,Value Dt,Withdrawal Amt.,Deposit Amt.,Closing Balance
02/09/26,UPI-CHAI POINT-CHAI@YBL-YESB0000001-624499999999-TEA,0000624499999999,02/09/26,20.00,,"2,579.01"
STATEMENT SUMMARY :-
Opening Balance,Dr Count,Cr Count
"""
HDFC_DELIMITED = """\
Date,Narration,Value Dat,Debit Amount,Credit Amount,Chq/Ref Number,Closing Balance
01/09/26,UPI-A KUMAR-PAYER@OKAXIS-SBIN0001234-624412345678-ORDER,01/09/26,0.00,99.01,0000624412345678,1099.01
"""
SBI_TABS = (
    "Account Number\t:\t00000012345671234\n"
    "Txn Date\tValue Date\tDescription\tRef No./Cheque No.\tDebit\tCredit\tBalance\n"
    "1 Sep 2026\t1 Sep 2026\tBY TRANSFER-UPI/CR/624412345678/A KUMAR/UTIB/payer@okax/Order--\t"
    "TRANSFER FROM 4897691162091\t \t99.01\t1,099.01\n"
    "1 Sep 2026\t1 Sep 2026\tTO TRANSFER-UPI/DR/624400000001/CHAI/YESB/chai@ybl/UPI--\tTRANSFER TO 4897690162090\t20.00\t "
    "\t1,079.01\n"
    "2 Sep 2026\t2 Sep 2026\tBY TRANSFER-UPI/CR/624400000001/REVERSAL OF FAILED TXN\tTRANSFER FROM 1\t \t20.00\t1,099.01\n"
)
SBI_HTML = (
    "<html><body><table><tr><td>Account No.</td><td>XXXXXXXX1234</td></tr></table><table>"
    "<tr><th>Txn Date</th><th>Value Date</th><th>Description</th><th>Ref No./Cheque No.</th><th>Debit</th>"
    "<th>Credit</th><th>Balance</th></tr>"
    "<tr><td>1 Sep 2026</td><td>1 Sep 2026</td><td>BY TRANSFER-UPI/CR/624412345678/A &amp; B<br>/UTIB/</td>"
    "<td>TRANSFER FROM 4897</td><td></td><td>99.01</td><td>1,099.01</td></tr></table></body></html>"
)
ICICI_ROWS = [
    ["", "Account Number", "000401561234 ( INR )"],
    [
        "S No.",
        "Value Date",
        "Transaction Date",
        "Cheque Number",
        "Transaction Remarks",
        "Withdrawal Amount (INR )",
        "Deposit Amount (INR )",
        "Balance (INR )",
    ],
    ["1", "01/09/2026", "01/09/2026", "-", "UPI/624412345678/Order PG7K/payer@okaxis/Axis Bank/X", 0.0, 99.01, 1099.01],
    ["2", "01/09/2026", "01/09/2026", "-", "MMT/IMPS/624412345679/A KUMAR/SBI", 0.0, 1500, 2599.01],
    ["Legends used in the statement"],
]
AXIS_CSV = """\
Statement of Account No - 912010012341234 for the period
Tran Date,CHQNO,PARTICULARS,DR,CR,BAL,SOL
02-09-2026,-,UPI/P2A/624412345679/ASHA R/SBIN/UPI, ,             1500.00,          2599.01,123
01-09-2026,-,UPI/P2M/624412345678/A KUMAR/SBIN/UPI, ,             99.01,          1099.01,123
"""
AXIS_CORPORATE = """\
Tran Date,Value Date,CHQNO,Transaction Particulars,Amount(INR),DR|CR,Balance(INR),Branch
01-09-2026,01-09-2026,-,UPI/P2A/624412345678/A KUMAR/SBIN/UPI,99.01,CR,1099.01,MUMBAI
"""
KOTAK_CSV = """\
Sl. No.,Transaction Date,Value Date,Description,Chq / Ref No.,Amount,Dr / Cr,Balance,Dr / Cr
1,01-09-2026,01-09-2026,UPI/A KUMAR/624412345678/Payment,UPI-624412345678,99.01,CR,"1,099.01",CR
2,01-09-2026,01-09-2026,UPI/CHAI/624499999999/Tea,UPI-624499999999,20.00,DR,"1,079.01",CR
"""
IDBI_CSV = """\
Srl;Txn Date;Value Date;Description;Cheque No;CR/DR;CCY;Amount (INR);Balance (INR)
1;01/09/2026 12:03;01/09/2026;UPI/624412345678/A KUMAR;;Cr.;INR;99.01;1099.01
"""
UNION_CSV = """\
Tran Id,Tran Date,Remarks,Amount (Rs.),Balance (Rs.)
S12345678,01-09-2026,UPIAR/624412345678/CR/A KUMAR/SBIN/payer@upi,99.01 (Cr),1099.01 (Cr)
S12345679,01-09-2026,UPIAB/624499999999/DR/CHAI,20.00 (Dr),1079.01 (Cr)
"""
BARODA_CSV = """\
Bank of Baroda,,,,,,
Account No.: 12340100001234,,,,,,
TRAN DATE,VALUE DATE,NARRATION,CHQ.NO.,WITHDRAWAL(DR),DEPOSIT(CR),BALANCE(INR)
01/09/2026,01/09/2026,UPI/624412345678/12:01:05/UPI/payer@okaxis/A KUMAR,,,99.01,"1,099.01Cr"
01/09/2026,01/09/2026,UPI/624499999999/12:40:11/UPI/chai@ybl/TEA,,20.00,,"1,079.01Cr"
"""
BANK_OF_INDIA_ROWS = [
    ["Bank of India"],
    ["Account Number", "123410110001234"],
    [
        *("Sl No", "Txn Date", "Description", "Cheque No", "Withdrawal (in Rs.)", "Deposits (in Rs.)"),
        "Balance (in Rs.)",
    ],
    ["1", "01-09-2026", "UPI/624412345678/CR/A KUMAR/UTIB/payer@okaxis", "", "", 99.01, 1099.01],
    ["2", "01-09-2026", "UPI/624499999999/DR/CHAI/YESB/chai@ybl", "", 20.0, "", 1079.01],
]
BANK_OF_INDIA_PERSONAL = """\
SNO,TRAN DATE,INST NO,DESCRIPTION,DEBITS,CREDITS,BALANCE
1,01-09-2026,,UPI/624412345678/CR/A KUMAR/UTIB/payer@okaxis,,99.01,1099.01
2,01-09-2026,,UPI/624499999999/DR/CHAI/YESB/chai@ybl,20.00,,1079.01
"""
CANARA_CSV = """\
,,Current & Saving Account Statement

Account Holders Name,SHOP
Account Number,="110012341234   "
"Opening Balance","Rs.1,000.00"


Txn Date,Value Date,Cheque No.,Description,Branch Code,Debit,Credit,Balance,
="01-09-2026 12:03:23",="01 Sep 2026",="624412345678",="UPI/CR/624412345678/A KUMAR  /UTIB/",="1234",,="99.01","1,099.01",
="01-09-2026 12:09:40",="01 Sep 2026",="024412345670",="UPI/CR/024412345670/ASHA R  /HDFC/",="1234",,="1,500.00","2,599.01",
="02-09-2026 09:00:00",="02 Sep 2026",="624499999999",="UPI/DR/624499999999/CHAI  /YESB/",="1234",="20.00",,"2,579.01",
"""
FEDERAL_ROWS = [
    ["Account Number", ":", "12340100001234"],
    [
        *("Date", "Value Date", "Particulars", "Tran Type", "Tran ID", "Cheque Details", "Withdrawals", "Deposits"),
        *("Balance", "DR/CR"),
    ],
    *[
        [
            "01-09-2026",
            "01-09-2026",
            "UPI IN/624412345678/payer@okaxis/0000",
            "TFR",
            "S1234567",
            "",
            "",
            99.01,
            1099.01,
            "CR",
        ],
        [
            "01-09-2026",
            "01-09-2026",
            "UPIOUT/624499999999/chai@ybl/5411",
            "TFR",
            "S1234568",
            "",
            20.0,
            "",
            1079.01,
            "CR",
        ],
    ],
]
INDUSIND_CSV = """\
Account No : 159912341234,,,,,
Date,Particulars,Chq./Ref.No.,Withdrawl,Deposit,Balance
01-Sep-2026,UPI/624412345678/CR/A KUMAR/UTIB/payer@okaxis,S12345678,,99.01,1099.01
01-Sep-2026,UPI/624499999999/DR/CHAI/YESB/chai@ybl,S12345679,20.00,,1079.01
"""
PNB_CSV = """\
Account Number:,1234000100001234
IFSC:,PUNB0123400

Statement Period:     01-09-2026    to     02-09-2026

Txn No.,Txn Date,Description,Branch Name,Cheque No.,Dr Amount,Cr Amount,Balance
T20721400,01/09/2026,UPI/DR/624499999999/CHAI/YESB/chai@ybl/T,-,,20.0,,1079.01 Cr.,
U55126421,01/09/2026,UPI/CR/624412345678/A KUMAR/UTIB/payer@okaxis/O,-,,,99.01,1099.01 Cr.,
"""
OFX_SGML = """\
OFXHEADER:100
DATA:OFXSGML

<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><BANKACCTFROM><BANKID>HDFC<ACCTID>50100012341234<ACCTTYPE>SAVINGS</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20260901<DTEND>20260902
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260901120000<TRNAMT>99.01<FITID>1<NAME>UPI-A KUMAR<MEMO>UPI/624412345678/Order
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260901<TRNAMT>-20.00<FITID>2<NAME>CHAI &amp; CO<MEMO>UPI/624499999999
</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""
OFX_XML = """\
<?xml version="1.0"?><?OFX OFXHEADER="200"?>
<OFX><STMTTRN><TRNTYPE>CREDIT</TRNTYPE><DTPOSTED>20260901</DTPOSTED><TRNAMT>+99.01</TRNAMT><FITID>7</FITID>
<MEMO>UPI/CR/624412345678/A KUMAR</MEMO></STMTTRN></OFX>
"""
MT940 = """\
{1:F01HDFCINBBXXX}{2:I940}{4:
:20:STMT260901
:25:50100012341234
:28C:1/1
:60F:C260831INR1000,00
:61:2609010901C99,01NTRFNONREF//624412345678
:86:/INF/UPI-A KUMAR-PAYER@OKAXIS-624412345678-ORDER
:61:260901D20,NTRFNONREF
:86:UPI-CHAI-624499999999
:62F:C260901INR1079,01
-}
"""
CAMT = """\
<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Acct><Id><Othr>
<Id>50100012341234</Id></Othr></Id></Acct>
<Ntry><Amt Ccy="INR">99.01</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>2026-09-01</Dt></BookgDt>
<NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId><TxId>624412345678</TxId></Refs>
<RmtInf><Ustrd>UPI/A KUMAR/Order</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="INR">20.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><BookgDt><DtTm>2026-09-01T10:00:00+05:30</DtTm></BookgDt>
<NtryDtls><TxDtls><RmtInf><Ustrd>UPI/624499999999/CHAI</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
</Stmt></BkToCstmrStmt></Document>
"""


def xlsx(rows, *, name="Sheet1", extra=()):
    """Return a workbook with these rows, as spreadsheets write one: numbers as numbers, texts in their cells."""

    def cell(value):
        if isinstance(value, (int, float)):
            return f"<c><v>{value!r}</v></c>"
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'

    sheet = "".join(f"<row>{''.join(cell(value) for value in row)}</row>" for row in rows)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="rId1" Type="{office}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        f'<sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}"><Relationship Id="rId1" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>',
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in [*parts.items(), *extra]:
            archive.writestr(path, text)
    return file.getvalue()


def with_in_sheet(xml):
    """Return ICICI's workbook with more in its sheet."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx(ICICI_ROWS))) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"</sheetData>", xml + b"</sheetData>"))
    return packed.getvalue()
